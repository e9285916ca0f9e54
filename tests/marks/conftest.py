"""Builders for the tests of marks: pictures that look like what a small generator makes, and a certificate chain."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from models_store.certificates import issue_leaf, issue_root, new_key
from models_store.signing import sign_es256
