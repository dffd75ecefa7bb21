"""All configuration, read from the environment. `.env.example` lists every name with a comment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from sendblue_inbox import embedded
from sendblue_inbox.env import (
    envbool,
    envint,
    envlist,
    envsecret,
    envtext,
    load_dotenv,
    networks,
)
from sendblue_inbox.secrets_folder import keep_secret

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(BASE_DIR / ".env")

# --- where this installation lives ---------------------------------------------------------------

DEBUG = envbool("DEBUG", default=False)
HOST = envtext("HOST", "127.0.0.1")
PORT = envint("PORT", 8000)
SITE_URL = envtext("SITE_URL", f"http://{HOST}:{PORT}").rstrip("/")
DATA_DIR = Path(envtext("DATA_DIR", str(BASE_DIR / "var"))).absolute()
SECRET_KEY = envsecret("SECRET_KEY") or keep_secret(DATA_DIR, "secret_key")
# One web process answers a whole team; the second core is for the worker and the database.
WEB_WORKERS = envint("WEB_WORKERS", max(1, (os.cpu_count() or 1) // 2))
# A send, a long sync and the events must not wait for each other.
WORKER_CONCURRENCY = envint("WORKER_CONCURRENCY", max(3, (os.cpu_count() or 1) // 2))
TRUSTED_PROXIES = envint("TRUSTED_PROXIES", 0)
HTTPS = SITE_URL.startswith("https://")

_site_host = urlsplit(SITE_URL).hostname or "localhost"
ALLOWED_HOSTS = [*envlist("ALLOWED_HOSTS"), _site_host, HOST, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- Sendblue ------------------------------------------------------------------------------------

SENDBLUE_API_KEY_ID = envsecret("SENDBLUE_API_KEY_ID")
SENDBLUE_API_SECRET_KEY = envsecret("SENDBLUE_API_SECRET_KEY")
SENDBLUE_API_BASE_URL = envtext("SENDBLUE_API_BASE_URL", "https://api.sendblue.com").rstrip("/")
# Any of them is accepted on a webhook, the first is the one that we register.
SENDBLUE_WEBHOOK_SECRETS = envlist("SENDBLUE_WEBHOOK_SECRETS") or [
    keep_secret(DATA_DIR, "webhook_secret")
]
SIMULATOR_PORT = envint("SIMULATOR_PORT", 4010)
# Set by `manage.py up` where it runs the simulator: then we may change its webhooks unasked.
SIMULATED = envbool("SENDBLUE_SIMULATED", default=False)

# --- services ------------------------------------------------------------------------------------

DATABASE_URL = envsecret("DATABASE_URL") or embedded.database_url(DATA_DIR)
CELERY_BROKER_URL = envsecret("CELERY_BROKER_URL") or embedded.broker_url(DATA_DIR)

_conninfo = conninfo_to_dict(DATABASE_URL)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _conninfo.pop("dbname", ""),
        "USER": _conninfo.pop("user", ""),
        "PASSWORD": _conninfo.pop("password", ""),
        "HOST": _conninfo.pop("host", ""),
        "PORT": str(_conninfo.pop("port", "")),
        # A restarted database costs nobody an error: a dead connection is noticed and replaced.
        "CONN_HEALTH_CHECKS": True,
        # Under ASGI a sync view may run in any thread, so connections live in a pool, not per
        # thread. Size × processes stays well below PostgreSQL's 100 connections.
        "OPTIONS": {
            **_conninfo,
            "pool": {
                "min_size": 1,
                "max_size": envint("DATABASE_POOL_SIZE", 8),
                "timeout": 10,
                # The pool waits twice as long after each failed connection, up to this. With its
                # own five minutes it still waits long after a restarted database is back.
                "reconnect_timeout": 4,
            },
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Login limits must survive a flushed broker, so they are counted in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
    }
}

# --- Django --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "sendblue_inbox",
    "contacts",
    "inbox",
    "webhooks_admin",
    "allauth",
    "allauth.account",
    "django_htmx",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "sendblue_inbox.middleware.HooksFirstMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "sendblue_inbox.middleware.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sendblue_inbox.login.LoginRequiredMiddleware",
    "sendblue_inbox.roles.RoleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sendblue_inbox.middleware.BrowserTimeZoneMiddleware",
]
ROOT_URLCONF = "sendblue_inbox.urls"
ASGI_APPLICATION = "sendblue_inbox.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # allauth's own pages behind ours
        "OPTIONS": {
            "builtins": ["sendblue_inbox.templatetags.ui", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "sendblue_inbox.context.installation",
                "webhooks_admin.context.webhooks",
                "inbox.context.account",
            ],
        },
    }
]
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"

# --- people --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "sendblue_inbox.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "sendblue_inbox.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
# Codes, keys and rights are only given to somebody who has shown the password so lately.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ADMIN_EMAIL = envtext("ADMIN_EMAIL", "admin@example.com")
ADMIN_PASSWORD = envsecret("ADMIN_PASSWORD")

# --- web security --------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 366 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["htmx"],
    }
}

# --- static files --------------------------------------------------------------------------------

NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/htmx", NODE_MODULES / "htmx.org" / "dist"),
    ("vendor/qr", NODE_MODULES / "qr"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
# The widest list of people has a thousand columns, each with two fields in its form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_100
# Received files are otherwise downloaded from public addresses only.
MEDIA_ALLOWED_NETWORKS = networks("MEDIA_ALLOWED_NETWORKS", envlist("MEDIA_ALLOWED_NETWORKS"))

# --- logging: one JSON object a line, without secrets, message text or numbers --------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "sendblue_inbox.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": envtext("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "uvicorn.access": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
