"""Static files under names that hold their digest: browsers keep them for ever, and never one that is out of date."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Collected by set-up, each with its compressed twin beside it.

    Where nothing was collected yet (tests without a browser) a file keeps its plain name.
    """

    manifest_strict = False
    support_js_module_import_aggregation = False

    def stored_name(self, name: str) -> str:
        """The name with the digest, from the list that set-up wrote."""
        known: str | None = self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return name if known is None else known
