"""Settings of a node. Everything that differs between nodes comes from the environment."""

import gc
from pathlib import Path
from typing import Any

from celery.schedules import crontab

from config import environment as env
from config.sign_in import security_schemes

gc.disable()  # what is loaded from here on is no garbage: until config.apps says that it is all there

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# --- who this node is -------------------------------------------------------------------------
NODE_ROLE = env.text("NODE_ROLE", "regional")  # national, regional or industry
NODE_CODE = env.text("NODE_CODE", "320000")  # GB/T 2260; 000000 is the national node
NODE_NAME = env.text("NODE_NAME", "算力互联互通节点")
NODE_URL = env.text("NODE_URL", "http://127.0.0.1:8000")
NODE_KEY = env.text(
    "NODE_KEY", ""
)  # private keys as PEM, one after the other, the first suite's is the main one; NODE_KEY_FILE names the file
NODE_CONTACT = env.text("NODE_CONTACT", "")  # the operator's duty desk, told to the nodes it is attached to
EGRESS_REFUSED = env.networks("EGRESS_REFUSED")  # public addresses of one's own inner hosts
EGRESS_PROXY = env.text("EGRESS_PROXY", "")  # HTTP proxy for requests to other nodes and to providers' agents
REPORT_UPSTREAMS = env.text("REPORT_UPSTREAMS", "national").split(
    ","
)  # codes of nodes/profiles/upstreams.yaml
DAY_SECONDS = int(
    env.text("DAY_SECONDS", "86400")
)  # how long a promised day of a line is; less is an accelerated clock
UPSTREAM_NAME = env.text("UPSTREAM_NAME", "上级节点 / the upstream node")

# --- inventory and dispatch (aggregation) -----------------------------------------------------
HEARTBEAT_SECONDS = int(env.text("HEARTBEAT_SECONDS", "300"))  # older inventory is stale and is not offered
SUPPLY_KEPT_DAYS = int(env.text("SUPPLY_KEPT_DAYS", "1096"))  # versions of the snapshot, as trade records
ALLOW_PRIVATE_CALLBACKS = env.flag("ALLOW_PRIVATE_CALLBACKS")  # only for a demonstration on one machine

# --- Django -----------------------------------------------------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
UNDER_ANY_NAME = ("/healthz", "/readyz", "/metrics", "/api/v1/identifiers/86.", "/api/v1/resolve")
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
AUTH_USER_MODEL = "participants.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
USE_X_FORWARDED_HOST = env.flag("BEHIND_PROXY")
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20

FLOORS = [
    "kernel",
    "identifiers",
    "nodes",
    "participants",
    "aggregation",
    "scheduling",
    "marketplace",
    "monitoring",
    "security",
    "console",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "oauth2_provider",
    *FLOORS,
    "config",
]
MIDDLEWARE = [
    "kernel.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kernel.middleware.LanguageMiddleware",
    "kernel.middleware.HostMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kernel.middleware.TenancyMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # from the packages themselves: nothing to collect

# evidence that people submit: outside the web root, opened only through the API
MEDIA_ROOT = env.text("CIN_MEDIA", str(BASE_DIR / ".run" / "media"))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- facts: PostgreSQL, as the application's role or (migrations, tests) as the owner ------------
_url = env.text("DATABASE_OWNER_URL") if env.flag("CIN_AS_OWNER") else env.text("DATABASE_URL")
DATABASES = {"default": env.database(_url)}
if env.flag("CIN_MIGRATED"):  # tests copy the database, in which there is the schema and nothing else
    DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"], "MIGRATE": False}

# --- doorbell: Redis --------------------------------------------------------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("CACHE_URL"),
        "KEY_PREFIX": f"cin:{NODE_CODE}",
    }
}
CELERY_BROKER_URL = env.text("REDIS_URL")
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0}  # a request does not wait for a bell: the sweep comes
CELERY_TASK_DEFAULT_QUEUE = f"cin-{NODE_CODE}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_DB_REUSE_MAX = 1000  # without it each task, one a second at least, connects anew and plans all anew
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "kernel.tasks.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "calls": {"task": "kernel.tasks.call", "schedule": 1.0, "options": {"expires": 5}},
    "pauses": {"task": "kernel.tasks.end_impossible_pauses", "schedule": 60.0, "options": {"expires": 50}},
    "streams": {"task": "nodes.tasks.sweep_streams", "schedule": 5.0, "options": {"expires": 10}},
    "blocks": {"task": "identifiers.tasks.renew_blocks", "schedule": 10.0, "options": {"expires": 10}},
    "manifests": {
        "task": "nodes.tasks.exchange_daily",
        "schedule": crontab(hour=16, minute=10),
    },  # 00:10 in Shanghai
    "reports": {"task": "nodes.tasks.draft_reports", "schedule": 600.0},
    "inventory": {"task": "aggregation.tasks.watch_inventory", "schedule": HEARTBEAT_SECONDS / 3},
    "allotments": {
        "task": "aggregation.tasks.return_allotments",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "operations": {"task": "kernel.tasks.forget", "schedule": 3600.0, "options": {"expires": 600}},
    "supply": {"task": "scheduling.tasks.keep_supply", "schedule": 1.0, "options": {"expires": 5}},
    "supply-review": {
        "task": "scheduling.tasks.review_supply",
        "schedule": 600.0,
        "options": {"expires": 60},
    },
    "silence": {"task": "marketplace.tasks.await_silence", "schedule": 600.0, "options": {"expires": 300}},
    "line-changes": {
        "task": "marketplace.tasks.lapse_changes",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "old-supply": {"task": "scheduling.tasks.forget_supply", "schedule": 3600.0},
    "conflicts": {
        "task": "scheduling.tasks.review_conflicts",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "carriers": {
        "task": "scheduling.tasks.review_carriers",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "feeds": {"task": "monitoring.tasks.watch_feeds", "schedule": 1.0, "options": {"expires": 5}},
    "audit": {"task": "security.tasks.checkpoint", "schedule": 2.0, "options": {"expires": 30}},
    "acceptances": {
        "task": "security.tasks.follow_acceptances",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "credentials": {
        "task": "participants.tasks.tend_credentials",
        "schedule": 600.0,
        "options": {"expires": 500},
    },
    "old-mail": {
        "task": "participants.tasks.drop_old_mail",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    "webhooks": {
        "task": "participants.tasks.deliver_webhooks",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "old-webhooks": {"task": "participants.tasks.forget_webhooks", "schedule": 3600.0},
    "last-days": {
        "task": "participants.tasks.follow_last_days",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "last-day-reminders": {
        "task": "participants.tasks.remind_of_last_days",
        "schedule": 600.0,
        "options": {"expires": 500},
    },
    "evidence": {"task": "participants.tasks.sweep_evidence", "schedule": crontab(minute=20)},
}

# --- people sign in: password and second factor, or OpenID Connect (console/pages, participants.services.accounts) ---
PLAIN_HTTP = env.flag(
    "PLAIN_HTTP", default=NODE_URL.startswith("http://127.0.0.1")
)  # only to try the software out
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SESSION_ENGINE = "participants.services.sessions"
SESSION_COOKIE_AGE = int(env.text("SESSION_HOURS", "12")) * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"  # a provider and a mailed link lead back here
CSRF_FAILURE_VIEW = "console.pages.problems.csrf_failed"
PASSWORD_RESET_TIMEOUT = 86400
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]  # fmt: skip
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "page-account"
ACCOUNT_ADAPTER = "participants.services.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is known to work by the link that came to it
ACCOUNT_SESSION_REMEMBER = True
# passwords and codes are counted by participants.services.attempts
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_ADAPTER = "participants.services.accounts.FactorAdapter"
MFA_FORMS = {
    "activate_totp": "console.pages.sign_in.EnrolForm",
    "authenticate": "console.pages.sign_in.CodeForm",
    "reauthenticate": "console.pages.sign_in.CodeAgainForm",
}
MFA_TOTP_TOLERANCE = 1  # phones are up to half a minute out
MFA_RECOVERY_CODES_SHOW_ONCE = True
OIDC_PROVIDERS = env.oidc_providers()
SOCIALACCOUNT_ADAPTER = "participants.services.accounts.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = (
    True  # a form may not lead elsewhere (form-action 'self'); PKCE and state protect the way
)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # the operator names providers whose word on an address it believes
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": OIDC_PROVIDERS}}

# --- mail: rows and jobs (participants.services.mail) hand it to the server that EMAIL_URL names -------------
_mail = env.mail(env.text("EMAIL_URL", "console:"))
EMAIL_BACKEND = _mail.backend
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.tls
EMAIL_FILE_PATH = _mail.folder
EMAIL_TIMEOUT = 20  # seconds; a job's lease is two minutes
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "node@localhost")

# --- machines sign in: OAuth 2 client credentials, answered from participants -------------------
OAUTH2_PROVIDER_APPLICATION_MODEL = "participants.OAuthClient"
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "participants.api.oauth_validator.MachineValidator",
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",  # client credentials, no other grant
    "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
}

# --- the API ----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "participants.api.authentication.ApiKeyAuthentication",
        "participants.api.authentication.BearerAuthentication",
        "participants.api.sessions.SessionAuthentication",  # last: a header says more than a cookie
    ],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["kernel.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kernel.api.parsers.DistinctParser"],
    "DEFAULT_THROTTLE_CLASSES": ["kernel.api.throttles.ActorThrottle"],
    "NUM_PROXIES": int(env.flag("BEHIND_PROXY")),  # X-Forwarded-For is not the caller's to choose
    "DEFAULT_THROTTLE_RATES": {"actor": env.text("THROTTLE_RATE", "6000/min")},
    "DEFAULT_SCHEMA_CLASS": "kernel.api.schema.HouseSchema",
    "EXCEPTION_HANDLER": "kernel.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "算力互联互通节点 API / Compute Interconnection Node API",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "kernel.api.schema.finish_contract",
        "participants.api.webhook_events.describe_webhooks",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "APPEND_COMPONENTS": {"securitySchemes": security_schemes(FLOORS)},
}

# --- logs: one JSON object a line, on standard error --------------------------------------------
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "kernel.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        # what beat has done each second: two or three lines of each task, and none where it failed
        **{
            name: {"level": "WARNING"}
            for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace")
        },
    },
}
