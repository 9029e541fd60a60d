"""Settings, read from the environment (and from ``.env`` beside ``manage.py``).

docs/operations.md explains every variable; a test compares the two.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from ccportal import env

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "pytest" in sys.modules
if not TESTING:  # a developer's own installation must not change what tests do
    env.load_dotenv(Path(os.environ.get("ENV_FILE", BASE_DIR / ".env")))

# ---------------------------------------------------------------- what kind of installation
DEMO = env.flag("DEMO")
PRODUCTION = env.flag("PRODUCTION")
DEBUG = env.flag("DEBUG")
if PRODUCTION and (DEMO or DEBUG):
    raise ImproperlyConfigured("PRODUCTION=1 excludes DEMO=1 and DEBUG=1; unset them in the environment or in .env")

VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

# ---------------------------------------------------------------- secrets
SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not TESTING:
        raise ImproperlyConfigured("SECRET_KEY is not set; `make run` writes one to .env, production must provide it")
    SECRET_KEY = "only-for-tests-only-for-tests-only-for-tests-only-for-tests"  # noqa: S105 - no secret: tests only
if PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short; production needs 50 random characters")
JWT_SIGNING_KEY = env.text("JWT_SIGNING_KEY").replace("\\n", "\n")
if PRODUCTION and not JWT_SIGNING_KEY:
    raise ImproperlyConfigured("JWT_SIGNING_KEY is not set; docs/operations.md says how to make one")
JWT_PREVIOUS_KEYS = env.text("JWT_PREVIOUS_KEYS").replace("\\n", "\n")

# ---------------------------------------------------------------- web
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = env.names("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/(api/.*|health|sites|customers/(by-|search).*)$"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "x-api-key", "if-none-match"]
CORS_EXPOSE_HEADERS = ["Content-Disposition", "ETag", "Retry-After", "X-Request-ID"]
# Proxies in front of the portal; as many hops of X-Forwarded-For are believed.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
ROOT_URLCONF = "ccportal.urls"
WSGI_APPLICATION = "ccportal.wsgi.application"
APPEND_SLASH = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
ACDB_UPLOAD_MAX_BYTES = env.integer("ACDB_UPLOAD_MAX_MB", 4096) * 1024 * 1024

INSTALLED_APPS = [
    "ccportal.accounts.admin_site.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "corsheaders",
    "axes",
    "csp",
    "ccportal.core",
    "ccportal.acdb",
    "ccportal.accounts",
    "ccportal.jobs",
    "ccportal.api",
    "audit",
    "tariffs",
    "billing",
    "customers",
    "omreport",
    "whatsapp",
]

MIDDLEWARE = [
    "ccportal.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ccportal.core.middleware.PrivateAnswersMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ccportal.accounts.middleware.SessionExpiryMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ccportal.accounts.middleware.PasswordChangeMiddleware",
    "audit.middleware.ActorMiddleware",
    "ccportal.core.middleware.ErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ccportal.core.context.portal",
            ],
            "builtins": ["ccportal.core.templatetags.portal"],
        },
    }
]

# ---------------------------------------------------------------- databases
SQLITE_OPTIONS = {
    # Measured: WAL with IMMEDIATE has no lock errors where the defaults have hundreds; waits are unfair, hence 20 s.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=16777216;"
        "PRAGMA cache_size=-4000;PRAGMA journal_size_limit=67108864;"
    ),
}
DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR}/portal.sqlite3"),
    "acdb": env.database("ACDB_URL", f"sqlite:///{VAR_DIR}/acdb.sqlite3"),
}
for _database in DATABASES.values():
    if _database["ENGINE"].endswith("sqlite3"):
        _database["OPTIONS"] = SQLITE_OPTIONS
    else:
        _database["CONN_HEALTH_CHECKS"] = True
    _database["CONN_MAX_AGE"] = 60  # opening SQLite takes 4 ms of every request too
# The meters' zone: the ACDB stores local times without a zone.
ACDB_TIME_ZONE = env.text("ACDB_TIME_ZONE", "Africa/Maseru")
DATABASES["acdb"]["TIME_ZONE"] = ACDB_TIME_ZONE
DATABASE_ROUTERS = ["ccportal.acdb.router.AcdbRouter"]
ACDB_READ_ONLY = env.flag("ACDB_READ_ONLY")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- time, language, money
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = ACDB_TIME_ZONE
CURRENCY = env.text("CURRENCY", "LSL")
DEFAULT_COUNTRY = env.text("DEFAULT_COUNTRY", "LS")
FORMAT_MODULE_PATH = "ccportal.formats"
# Senders of payment notifications and the secrets that sign them.
PAYMENT_WEBHOOK_SECRETS = env.shared_secrets("PAYMENT_WEBHOOK_SECRETS")
PAYMENT_WEBHOOK_WINDOW_SECONDS = env.integer("PAYMENT_WEBHOOK_WINDOW_SECONDS", 300)

# ---------------------------------------------------------------- people
AUTH_USER_MODEL = "accounts.Employee"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["employee_no", "name", "email", "account"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Employee numbers are also accepted with this in front, as other programs write them.
EMPLOYEE_PREFIX = env.text("EMPLOYEE_PREFIX", "1PWR")
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
# A session ends so many seconds after the sign-in, and after its last use. The cookie outlives both, so that the
# sign-in page can say why it is shown.
SESSION_LIFETIME = env.integer("SESSION_HOURS", 10) * 3600
SESSION_IDLE = env.integer("SESSION_IDLE_MINUTES", 90) * 60
SESSION_COOKIE_AGE = SESSION_LIFETIME + 86400
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Wrong passwords until a lock: for one number from one address, for one number from all, from one address for all.
AXES_FAILURE_LIMIT = env.integer("LOGIN_FAILURES", 5)
LOCKOUT_NUMBER_LIMIT = env.integer("LOGIN_FAILURES_PER_NUMBER", 30)
LOCKOUT_ADDRESS_LIMIT = env.integer("LOGIN_FAILURES_PER_ADDRESS", 100)
AXES_COOLOFF_TIME = timedelta(minutes=env.integer("LOGIN_LOCK_MINUTES", 15))
AXES_HANDLER = "ccportal.accounts.lockout.PortalLockout"
AXES_LOCKOUT_CALLABLE = "ccportal.accounts.lockout.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_DISABLE_ACCESS_LOG = True  # accounts.SignIn keeps what people want to see
AXES_ENABLE_ADMIN = False  # accounts.admin shows and lifts locks
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = [
    "password",
    "username",
    "employee_no",
    "employee_id",
    "customer_id",
    "csrfmiddlewaretoken",
    "next",
    "old_password",
    "new_password",
    "repeated",
]
AXES_CLIENT_IP_CALLABLE = "ccportal.accounts.addresses.client_ip"

HR_URL = env.text("HR_URL")
HR_API_KEY = env.text("HR_API_KEY")
SMS_URL = env.text("SMS_URL")
SMS_API_KEY = env.text("SMS_API_KEY")
HR_TIMEOUT_SECONDS = env.integer("HR_TIMEOUT_SECONDS", 5)

# ---------------------------------------------------------------- language model: proposes, rules decide
LLM_URL = env.text("LLM_URL")
LLM_API_KEY = env.text("LLM_API_KEY")
LLM_MODEL = env.text("LLM_MODEL")
LLM_TIMEOUT_SECONDS = env.integer("LLM_TIMEOUT_SECONDS", 20)

# ---------------------------------------------------------------- WhatsApp
# Which channel begins conversations: cloud, linked or simulator.
WHATSAPP_CHANNEL = env.text("WHATSAPP_CHANNEL", "cloud" if PRODUCTION else "simulator")
if WHATSAPP_CHANNEL not in ("cloud", "linked", "simulator"):
    raise ImproperlyConfigured(f"WHATSAPP_CHANNEL must be cloud, linked or simulator, not {WHATSAPP_CHANNEL!r}")
WHATSAPP_SIMULATOR = env.flag("WHATSAPP_SIMULATOR", not PRODUCTION)
WHATSAPP_CLOUD_URL = env.text("WHATSAPP_CLOUD_URL", "https://graph.facebook.com/v23.0")
WHATSAPP_PHONE_NUMBER_ID = env.text("WHATSAPP_PHONE_NUMBER_ID")
WHATSAPP_TOKEN = env.text("WHATSAPP_TOKEN")
WHATSAPP_APP_SECRET = env.text("WHATSAPP_APP_SECRET")
WHATSAPP_VERIFY_TOKEN = env.text("WHATSAPP_VERIFY_TOKEN")
# The approved template with one text in its body that carries what is sent after the 24 hours.
WHATSAPP_TEMPLATE = env.text("WHATSAPP_TEMPLATE")
WHATSAPP_TEMPLATE_LANGUAGE = env.text("WHATSAPP_TEMPLATE_LANGUAGE", "en")
WHATSAPP_SENDS_PER_SECOND = env.integer("WHATSAPP_SENDS_PER_SECOND", 40)
WHATSAPP_SENDS_PER_CONTACT = env.integer("WHATSAPP_SENDS_PER_CONTACT", 20)
WHATSAPP_LINKED = env.flag("WHATSAPP_LINKED")
WHATSAPP_GROUP = env.text("WHATSAPP_GROUP", "OnM Ticket Tracker")
WHATSAPP_BATCH_SECONDS = env.integer("WHATSAPP_BATCH_SECONDS", 2)
WHATSAPP_CLAIM_SECONDS = env.integer("WHATSAPP_CLAIM_SECONDS", 90)
WHATSAPP_IDLE_MINUTES = env.integer("WHATSAPP_IDLE_MINUTES", 30)
WHATSAPP_REPLIES_PER_MINUTE = env.integer("WHATSAPP_REPLIES_PER_MINUTE", 6)
WHATSAPP_UNCERTAIN_MINUTES = env.integer("WHATSAPP_UNCERTAIN_MINUTES", 10)
WHATSAPP_MEDIA_MAX_BYTES = env.integer("WHATSAPP_MEDIA_MAX_MB", 16) * 1024 * 1024
# Days until files and words of messages are deleted; 0 keeps them for ever. Tickets keep their own words.
WHATSAPP_KEEP_FILES_DAYS = env.integer("WHATSAPP_KEEP_FILES_DAYS", 365)
WHATSAPP_KEEP_TEXTS_DAYS = env.integer("WHATSAPP_KEEP_TEXTS_DAYS", 1095)

# ---------------------------------------------------------------- tickets and uGridPlan
UGRIDPLAN_URL = env.text("UGRIDPLAN_URL")
UGRIDPLAN_USER = env.text("UGRIDPLAN_USER")
UGRIDPLAN_PASSWORD = env.text("UGRIDPLAN_PASSWORD")
UGRIDPLAN_WEBHOOK_SECRET = env.text("UGRIDPLAN_WEBHOOK_SECRET")
UGRIDPLAN_TIMEOUT_SECONDS = env.integer("UGRIDPLAN_TIMEOUT_SECONDS", 15)
# Four numbers each, from P1 to P4.
SLA_RESPOND_MINUTES = env.integers("SLA_RESPOND_MINUTES", "30,120,480,1440", 4)
SLA_RESOLVE_MINUTES = env.integers("SLA_RESOLVE_MINUTES", "240,1440,4320,10080", 4)
DISPATCH_ANSWER_MINUTES = env.integers("DISPATCH_ANSWER_MINUTES", "5,15,60,240", 4)
DISPATCH_ROUNDS = env.integer("DISPATCH_ROUNDS", 2)
OUTAGE_WINDOW_MINUTES = env.integer("OUTAGE_WINDOW_MINUTES", 60)
TICKET_CLOSE_HOURS = env.integer("TICKET_CLOSE_HOURS", 72)
# Who is told of tickets by e-mail, and how it is sent; without EMAIL_HOST letters are files in VAR_DIR/mail.
ONM_EMAILS = env.names("ONM_EMAILS")
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 15
EMAIL_DOMAIN = env.text("EMAIL_DOMAIN", "portal.invalid")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"care@{EMAIL_DOMAIN}")

# ---------------------------------------------------------------- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ccportal.api.authentication.ApiKeyAuthentication",
        "ccportal.api.authentication.TokenAuthentication",
        "ccportal.api.authentication.PortalSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ccportal.api.permissions.StatedPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ccportal.api.limits.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "ccportal.api.schema.PortalSchema",
    "DEFAULT_THROTTLE_CLASSES": ["ccportal.api.throttles.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "caller": env.text("API_RATE", "6000/min"),
        "anonymous": env.text("API_ANONYMOUS_RATE", "120/min"),
        "sign-in": env.text("API_SIGN_IN_RATE", "20/min"),
        "webhook": env.text("API_WEBHOOK_RATE", "600/min"),
    },
    "EXCEPTION_HANDLER": "ccportal.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is the export's own parameter
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Customer care portal",
    "DESCRIPTION": "Customers, billing, reports and sign-in for other programs.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/",
    # Sets of words that several fields share, so that each has one name in the document.
    "ENUM_NAME_OVERRIDES": {
        "EmployeeRoleEnum": ["superadmin", "onm_team", "finance_team", "generic"],
        "CallerRoleEnum": ["superadmin", "onm_team", "finance_team", "generic", "customer"],
        "CallerTypeEnum": ["employee", "customer"],
        "EmployeeOnlyEnum": ["employee"],
        "CustomerOnlyEnum": ["customer"],
        "TariffScopeEnum": ["global", "concession", "customer"],
        "OwnTariffScopeEnum": ["concession", "customer"],
        "EnergySourceEnum": ["readings", "consumption", "vended"],
        "RecordActionEnum": ["create", "update", "delete"],
        "LoggedActionEnum": ["create", "update", "delete", "revert_create", "revert_update", "revert_delete"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "ccportal.api.schema.add_shared_parts",
    ],
}
SIMPLE_JWT = {
    "ALGORITHM": "ES256",  # signing and verifying keys: ccportal.accounts.signing
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.integer("JWT_ACCESS_MINUTES", 480)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.integer("JWT_REFRESH_DAYS", 7)),
}

# ---------------------------------------------------------------- background work
# Tests that want a broker start their own; the others must never reach a real one.
REDIS_URL = "redis://127.0.0.1:1/0" if TESTING else env.text("REDIS_URL", "redis://127.0.0.1:6380/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_SERIALIZER = "json"
# What waits for other houses has a queue of its own, for a worker with many threads; a worker that is given no queue
# takes both.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("io")]
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {"outbox.*": {"queue": "io"}, "whatsapp.*": {"queue": "io"}}
# The first pause after a fault, doubled each time; and when a message that is being sent has lost its worker.
OUTBOX_FIRST_PAUSE_SECONDS = env.integer("OUTBOX_FIRST_PAUSE_SECONDS", 5)
OUTBOX_STUCK_SECONDS = env.integer("OUTBOX_STUCK_SECONDS", 300)
CELERY_TIMEZONE = TIME_ZONE
# Unacknowledged work comes back after this many seconds; it must exceed the longest task.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3900, "unacked_restore_throttle": 1}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")

# ---------------------------------------------------------------- files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
# Larger exports are made by the worker; their files are deleted after so many hours.
EXPORT_INLINE_ROWS = env.integer("EXPORT_INLINE_ROWS", 20000)
EXPORT_KEPT_HOURS = env.integer("EXPORT_KEPT_HOURS", 72)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Pages that take a file bring a handler of their own; no other form may write to the disk.
FILE_UPLOAD_HANDLERS = ["ccportal.core.uploads.NoFiles"]

# ---------------------------------------------------------------- energy balance
ENERGY_UPLOAD_MAX_BYTES = env.integer("ENERGY_UPLOAD_MAX_MB", 10) * 1024 * 1024
# Where several sources cover the same time the first one counts; "logger" stands for every logger not named here.
ENERGY_SOURCES = env.names("ENERGY_SOURCES", "logger,upload,manual")
# Per cent of a period's hours that readings must cover, and of its days that must have sales, for a figure.
ENERGY_COVERAGE_FLOOR = env.integer("ENERGY_COVERAGE_FLOOR", 90)
ENERGY_SALES_FLOOR = env.integer("ENERGY_SALES_FLOOR", 50)
# Alerts: a day's PV yield in per cent of the site's usual one; unaccounted energy in per cent of what is delivered.
ENERGY_YIELD_LOW = env.integer("ENERGY_YIELD_LOW", 60)
ENERGY_YIELD_HIGH = env.integer("ENERGY_YIELD_HIGH", 160)
ENERGY_LOSS_LOW = env.integer("ENERGY_LOSS_LOW", -5)
ENERGY_LOSS_HIGH = env.integer("ENERGY_LOSS_HIGH", 20)

# ---------------------------------------------------------------- safety
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ccportal.core.views.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^health$"]
    SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ---------------------------------------------------------------- logs: JSON lines, request ids, no personal data
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "ccportal.core.logs.RequestFilter"}},
    "formatters": {"json": {"()": "ccportal.core.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request"]}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # One line per request says status and route already; of Django's own only unhandled faults are kept.
        "django.request": {"level": "ERROR"},
        # ccportal.celery writes a line per task, without the words of exceptions.
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},  # a line for every tick
        "httpx": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
    },
}

SILENCED_SYSTEM_CHECKS: list[str] = []
VERSION = "0.1.0"
