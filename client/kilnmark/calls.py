"""How a plan becomes a method: a client's blocks, an asynchronous client's is awaited, and both are typed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from functools import partial, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from kilnmark.awaiting import Awaiting
from kilnmark.blocking import Blocking
from kilnmark.link import Link
from kilnmark.plan import Plan, Series

P = ParamSpec("P")
T = TypeVar("T")
Way = TypeVar("Way", bound=Blocking | Awaiting)


class Noun(Generic[Way]):
    """Calls about one thing; `way` is who runs them."""

    def __init__(self, link: Link, way: Way) -> None:
        self._link, self._way = link, way


class Call(Generic[P, T]):
    """A method that gives one answer."""

    def __init__(self, plan: Callable[Concatenate[Any, P], Plan[T]]) -> None:
        self.plan = plan
        update_wrapper(self, plan)  # type: ignore[arg-type]

    @overload
    def __get__(self, noun: None, owner: type) -> Call[P, T]: ...
    @overload
    def __get__(self, noun: Noun[Blocking], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, noun: Noun[Awaiting], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, noun: Any, owner: type) -> Any:
        """The method of this noun."""
        if noun is None:
            return self
        return update_wrapper(partial(_run, noun, self.plan), self.plan)


class Stream(Generic[P, T]):
    """A method that gives things to iterate over; nothing is asked before the first is wanted."""

    def __init__(self, plan: Callable[Concatenate[Any, P], Series[T]]) -> None:
        self.plan = plan
        update_wrapper(self, plan)  # type: ignore[arg-type]

    @overload
    def __get__(self, noun: None, owner: type) -> Stream[P, T]: ...
    @overload
    def __get__(self, noun: Noun[Blocking], owner: type) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(self, noun: Noun[Awaiting], owner: type) -> Callable[P, AsyncGenerator[T, None]]: ...
    def __get__(self, noun: Any, owner: type) -> Any:
        """The method of this noun."""
        if noun is None:
            return self
        return update_wrapper(partial(_iterate, noun, self.plan), self.plan)


def _run(noun: Any, plan: Callable[..., Plan[Any]], /, *args: Any, **named: Any) -> Any:
    return noun._way.run(plan(noun, *args, **named))


def _iterate(noun: Any, plan: Callable[..., Series[Any]], /, *args: Any, **named: Any) -> Any:
    return noun._way.iterate(plan(noun, *args, **named))


def call(plan: Callable[Concatenate[Any, P], Plan[T]]) -> Call[P, T]:
    """Mark a plan as a method with one answer."""
    return Call(plan)


def stream(plan: Callable[Concatenate[Any, P], Series[T]]) -> Stream[P, T]:
    """Mark a plan as a method that is iterated over."""
    return Stream(plan)
