"""Settings of the web side and of every process that opens the database; all from the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from config import env
from config.admin_site import UNFOLD as UNFOLD  # read by django-unfold

ROOT = Path(__file__).resolve().parents[2]
KILNMARK_HOME = env.folder("KILNMARK_HOME", ROOT / "var")
RUN_FOLDER = KILNMARK_HOME / "run"

SECRET_KEY = env.secret("KILNMARK_SECRET_KEY", KILNMARK_HOME / "secret-key")
DEBUG = False
ALLOWED_HOSTS = env.words("KILNMARK_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.origins("KILNMARK_ORIGINS")
CORS_ALLOWED_ORIGINS, CORS_ALLOW_ALL_ORIGINS = env.cross_origins("KILNMARK_CORS_ORIGINS")  # never with cookies
SECURE = env.flag("KILNMARK_HTTPS")

# --- database, broker, store ---------------------------------------------------------------------------------------
SQLITE = f"sqlite:///{KILNMARK_HOME / 'kilnmark.sqlite3'}"
DATABASE_URL = env.url("DATABASE_URL", SQLITE, ("postgres", "postgresql", "sqlite"))
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=0)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",  # deferred ones lock out read-modify-writes whatever the timeout
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
PRIVATE_VALKEY = f"redis+socket://{RUN_FOLDER / 'valkey.sock'}"
BROKER_URL = env.url("BROKER_URL", PRIVATE_VALKEY, ("redis", "rediss", "redis+socket"))
STORE_URL = env.text("STORE_URL") or (KILNMARK_HOME / "store").as_uri()
STORE_CACHE = KILNMARK_HOME / "store-cache"  # copies of what lies in a bucket
STORE_CACHE_BYTES = env.integer("KILNMARK_STORE_CACHE_GB", 20, low=1, high=100_000) * 2**30
KEYS_FOLDER = env.folder("KILNMARK_KEYS", KILNMARK_HOME / "keys")
SIGNER = env.signer("KILNMARK_SIGNER")  # where the key lies that signs credentials
TSA_URL, TSA_ROOT = env.time_stamps("KILNMARK_TSA_URL", "KILNMARK_TSA_ROOT")  # RFC 3161; "", None: no time stamps
TSA_EVERY = timedelta(seconds=env.integer("KILNMARK_TSA_EVERY_S", 60, low=60, high=604_800))  # from head to head
ATTEMPTS_FOLDER = KILNMARK_HOME / "attempts"
PATTERNS_FOLDER = KILNMARK_HOME / "patterns"  # signs of watermarks: as private as keys

DEVICES = ("cpu", "cuda")
DEVICE = env.choice("KILNMARK_DEVICE", "cpu", DEVICES)  # of the train and generate queues
PROCESSES = env.integer("KILNMARK_PROCESSES", 1, low=1, high=64)  # that share the batches of one training

# --- jobs ------------------------------------------------------------------------------------------------------------
LEASE_S = {"train": 90, "generate": 30, "io": 30}  # how long a claim holds without a beat
BEAT_S = {"train": 15, "generate": 5, "io": 5}
SWEEP_S = 5  # between two sweeps of one worker
POLL_S = 2  # between two claims of an idle worker without a wake-up
STOP_GRACE_S = env.integer("KILNMARK_STOP_GRACE_S", 20, low=1, high=3600)  # from asking a child to stop to killing it
WINDOW_GRACE_S = env.integer("KILNMARK_WINDOW_GRACE_S", 60, low=5, high=3600)  # left before a window closes, to save in
POISON_ATTEMPTS = 3  # attempts in a row without new progress whose engine died
POISON_LOST_ATTEMPTS = 10  # such attempts whatever ended them: that a worker was killed says little of the job
MEASURE_S = env.integer("KILNMARK_MEASURE_S", 20, low=0, high=3600)  # for the paths of a new model; 0: none
CHILD_MEMORY_BYTES = env.integer("KILNMARK_CHILD_MEMORY_MB", 0, low=0, high=100_000_000) * 2**20  # of an engine; 0: any
WAKE_EXPIRES_S = 60
BALLAST_BYTES = 8 * 2**20  # given away when the disk is full, so that ends can be written
SHARE_HALF_LIFE_S = env.integer("KILNMARK_SHARE_HALF_LIFE_HOURS", 168, low=1, high=8760) * 3600.0  # of a project's use
PREEMPT_AFTER_S = env.integer("KILNMARK_PREEMPT_AFTER_MINUTES", 15, low=1, high=10_080) * 60.0  # of one attempt
PREEMPT_BEHIND_S = env.integer("KILNMARK_PREEMPT_BEHIND_MINUTES", 60, low=1, high=10_080) * 60.0  # for its weight
STORAGE_COUNT_S = 600  # between two counts of what a project's part of the store holds
RETENTION_GRACE_HOURS = env.integer("KILNMARK_RETENTION_GRACE_HOURS", 24, low=0, high=8760)  # after days were set
UPLOAD_LIMIT_BYTES = env.integer("KILNMARK_UPLOAD_LIMIT_MB", 2048, low=1, high=1_048_576) * 2**20
SIGNED_URLS_S = env.integer("KILNMARK_SIGNED_URLS", 0, low=0, high=604_800)  # how long links into the bucket hold
VERIFY_LIMIT_BYTES = env.integer("KILNMARK_VERIFY_LIMIT_MB", 64, low=1, high=4096) * 2**20
HEAD_EVERY = timedelta(seconds=env.integer("KILNMARK_HEAD_EVERY_S", 60, low=1, high=86_400))  # of a log that grows
HEAD_EVENTS = env.integer("KILNMARK_HEAD_EVENTS", 1000, low=1, high=1_000_000)  # or so many events, if they come sooner
HEADS_FOLDER = env.folder("KILNMARK_HEADS_FOLDER", ROOT) if env.text("KILNMARK_HEADS_FOLDER") else None
SELF_CHECK_EVERY = timedelta(hours=env.integer("KILNMARK_SELF_CHECK_HOURS", 24, low=1, high=8760))
WEBHOOKS_PRIVATE = env.networks("KILNMARK_WEBHOOKS_PRIVATE")  # private networks that webhooks may reach
RATE_LIMIT = env.integer("KILNMARK_RATE_LIMIT", 6000, low=0, high=100_000_000)  # a person's requests a minute; 0: any
TOKEN_LIFETIME = timedelta(days=env.integer("KILNMARK_TOKEN_DAYS", 365, low=1, high=3650))

# --- Django ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "desk.web_admin.WebAdmin",  # which is django.contrib.admin with a site of our own
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "audit",
    "catalog",
    "jobs",
    "lineage",
    "webhooks",
    "api",
    "desk",
]
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.compression.TextCompression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "platform" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["desk.templatetags.moments"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "desk.alarm_banner.troubles",
            ],
        },
    }
]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.password_logins.PasswordLogins"]  # each way in with a password, at a bounded pace
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "audit.logins.PasswordChanges"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
CSRF_FAILURE_VIEW = "desk.people.out_of_date.out_of_date"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = env.zone("TZ", "UTC")
DIGEST_TO = env.words("KILNMARK_DIGEST_TO")
DIGEST_AT = env.time_of_day("KILNMARK_DIGEST_AT", "08:00")
DIGEST_ZONE = env.zone("KILNMARK_DIGEST_TZ", TIME_ZONE)
DIGEST_LANGUAGE = env.choice("KILNMARK_DIGEST_LANGUAGE", "en", ("en", "zh-hans"))
MAIL = env.mail_server("KILNMARK_SMTP_URL")
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL
EMAIL_TIMEOUT = 30
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("KILNMARK_MAIL_FROM") or "kilnmark@localhost"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
FORMAT_MODULE_PATH = "config.formats"  # one style of dates in both languages
LOCALE_PATHS = [KILNMARK_HOME / "locale"]  # compiled from platform/locale by `manage.py bootstrap`
STATIC_URL = "static/"
STATIC_ROOT = KILNMARK_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.hashed_files.HashedFiles"},
}
STATICFILES_DIRS = [ROOT / "platform" / "static"]
FILE_UPLOAD_TEMP_DIR = KILNMARK_HOME / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # Django refuses to start without it
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 2**20  # of a body that is not a file
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True

CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CORS_ALLOW_HEADERS = (
    "accept", "authorization", "content-digest", "content-type", "idempotency-key", "if-match", "if-none-match",
    "if-range", "last-event-id", "prefer", "range", "repr-digest", "tus-resumable", "upload-checksum",
    "upload-length", "upload-metadata", "upload-offset",
)  # fmt: skip
CORS_EXPOSE_HEADERS = (
    "Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", "Idempotency-Replayed", "Location",
    "Preference-Applied", "RateLimit", "RateLimit-Policy", "Repr-Digest", "Retry-After", "Tus-Checksum-Algorithm",
    "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Expires", "Upload-Length",
    "Upload-Offset", "X-Request-Id",
)  # fmt: skip

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Kilnmark",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "JobState": "jobs.models.State",
        "VersionState": "catalog.models.VersionState",
        "Stage": "catalog.models.Stage",
        "MoveState": "catalog.alias_models.MoveState",
        "WebhookState": "webhooks.models.WebhookState",
        "DeliveryState": "webhooks.models.DeliveryState",
        "Role": "accounts.models.Role",
        "ServiceRole": "api.bodies.service_accounts.ROLES",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.document.complete"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"named": {"()": "config.request_name.Named"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s%(request)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["named"]}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("KILNMARK_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    },
    "loggers": {"django.request": {"level": "ERROR"}, "httpx": {"level": "WARNING"}},
}

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
