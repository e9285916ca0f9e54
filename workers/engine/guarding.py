"""The guards of one attempt: they see every item before it is marked, and nothing that they stop goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models_store.errors import ProductError
from workers.contracts import Attempt, Ground, JudgesSets
from workers.engine.bundle import Bundle
from workers.engine.near_index import opened
from workers.engine.parameters import checked
from workers.engine.wishes import Wish
from workers.plugins import plugin, plugins

MOMENT = "release"
MOST_TOLD = 1000  # withheld items that a result names one by one


class AllWithheld(ProductError):
    """The guards withheld every item."""

    code, http_status = "all_withheld", 422


class GuardMissing(ProductError):
    """The project wants a guard that does not work on this machine."""

    code, http_status = "guard_missing", 503


def guards_of(said: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The guards that a release goes through by name: those named with their parameters, and those that always look.

    Raises GuardMissing where one is named that lacks what it needs here: nothing goes past a guard that cannot look.
    """
    always: dict[str, Mapping[str, Any]] = {
        name: {} for name, cls in plugins("guard").items() if cls.always and cls.moment == MOMENT
    }
    found = {}
    for name, params in sorted((always | dict(said)).items()):
        cls = plugin("guard", name)
        if cls.moment != MOMENT:
            continue
        if lacking := cls.missing():
            raise GuardMissing(
                f"The guard {name} does not work here: {lacking}.",
                field=f"guards.{name}",
                expected="a guard that works",
            )
        found[name] = checked(cls, params)
    return found


class Guarding:
    """What the guards say of one attempt's items.

    `holds` says that nothing may be reported yet, since a set of which a part could be had already could still be
    refused. Verdicts on items that an earlier attempt kept come with the order.
    """

    def __init__(self, attempt: Attempt, total: int) -> None:
        """Raises GuardMissing, and InvalidInput for parameters that a guard does not take."""
        order = attempt.order
        self.asked: Mapping[str, Mapping[str, Any]] = order.get("release", {}).get("guards", {})
        self.guards = guards_of(self.asked)
        self.near: Mapping[str, Any] = order.get("near", {})
        self.grounds: dict[str, Ground] = {}
        self.withheld: dict[int, tuple[str, str]] = {}  # index -> the guard that stopped it, and what it says
        self.sets = {name: guard for name, guard in self.guards.items() if isinstance(guard, JudgesSets)}
        judged = {int(index): figures for index, figures in order.get("judged", {}).items()}
        done, seed = frozenset(order.get("done", [])), str(order["seed"])
        self.wanted: dict[str, frozenset[int]] = {}
        self.seen: dict[str, dict[int, Mapping[str, Any]]] = {}
        for name, guard in self.sets.items():
            wanted = frozenset(guard.looks_at(seed, total))
            self.seen[name] = {index: judged[index][name] for index in wanted & judged.keys() if name in judged[index]}
            self.wanted[name] = wanted - (done - self.seen[name].keys())  # what is kept is not made again
        self.holds = any(guard.holds_back for guard in self.sets.values())
        self.total = total

    def passing(
        self, role: str, bundle: Bundle, wishes: Sequence[Wish], items: Sequence[Any]
    ) -> tuple[list[Wish], list[Any]]:
        """Those of the items, made by the model of that role, that no guard stops; a refused set is raised."""
        ground = self._ground(role, bundle)
        for name, guard in self.guards.items():
            if guard.modalities and ground.modality.name not in guard.modalities:
                continue
            looks_at = self.wanted.get(name)
            rows = [row for row, wish in enumerate(wishes) if looks_at is None or wish.index in looks_at]
            for row, verdict in zip(rows, guard.judge([items[row] for row in rows], ground), strict=True):
                index = wishes[row].index
                if looks_at is not None:
                    self.seen[name][index] = verdict.figures
                if not verdict.passes and index not in self.withheld:
                    self.withheld[index] = (name, verdict.says)
        self._settle_if_complete()
        kept = [(wish, item) for wish, item in zip(wishes, items, strict=True) if wish.index not in self.withheld]
        return [wish for wish, _ in kept], [item for _, item in kept]

    def _ground(self, role: str, bundle: Bundle) -> Ground:
        if role not in self.grounds:
            ground = Ground(bundle.modality(), bundle.spec(), opened(self.near.get(role)))
            for guard in self.sets.values():
                guard.check(ground)
            self.grounds[role] = ground
        return self.grounds[role]

    def figures(self, index: int) -> dict[str, Any]:
        """What was measured of an item, by the guard that did, for its marks."""
        return {name: dict(found) for name, seen in self.seen.items() if (found := seen.get(index))}

    def first(self, wishes: Sequence[Wish]) -> list[Wish]:
        """The order to make them in: where a set is to be judged first, what is looked at comes first."""
        if not self.holds:
            return list(wishes)
        wanted = frozenset[int]().union(*self.wanted.values())
        return sorted(wishes, key=lambda wish: wish.index not in wanted)

    def shown(self, modality: Any) -> Any:
        """The modality for whoever shows items in the making; None where a guard that was asked for may stop them."""
        return None if self.asked else modality

    def _settle_if_complete(self) -> None:
        if self.holds and all(len(self.seen[name]) == len(wanted) for name, wanted in self.wanted.items()):
            self._settled()

    def _settled(self) -> dict[str, Any]:
        """What is said of the set, or why it is refused; from here on nothing is held back."""
        made: dict[str, Any] = {}
        for name, guard in self.sets.items():
            made |= guard.settle(self.seen[name], list(self.grounds.values()))
        self.holds = False
        return made

    def said(self, bundles: Mapping[str, Bundle]) -> dict[str, Any]:
        """What the result says of the set and of what was withheld; raises what refuses it, AllWithheld among them."""
        for role, bundle in bundles.items():
            self._ground(role, bundle)
        made = self._settled()
        if not self.withheld:
            return made
        if len(self.withheld) == self.total:
            names = sorted({name for name, _ in self.withheld.values()})
            raise AllWithheld(f"All items were withheld by {', '.join(names)}.", field="guards", got=names)
        told = [{"index": index, "guard": name, "says": says} for index, (name, says) in sorted(self.withheld.items())]
        return made | {"withheld": told[:MOST_TOLD], "withheld_count": len(told)}
