# One image for web, worker, beat and the one-shot that prepares the database: compose.yaml.
ARG PYTHON=python:3.13-slim-trixie

# --- what is only needed to build ----------------------------------------------------------------

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app

COPY requirements/run.txt requirements/node.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --quiet --require-hashes -r requirements/run.txt \
    && /venv/bin/pip uninstall --quiet --yes pip \
    && find /venv -name tests -type d -path '*site-packages/*' -prune -exec rm -rf {} +

# npm comes from a wheel, so that the base image is the only one.
RUN python -m venv /node && /node/bin/pip install --quiet --require-hashes -r requirements/node.txt
COPY package.json package-lock.json .npmrc ./
RUN PATH=/node/bin:$PATH NODE_OPTIONS=--use-openssl-ca \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt npm ci --omit=dev --silent

COPY . .
# None of these is used: collecting files only needs settings that can be read.
RUN DATABASE_URL=postgresql://none CELERY_BROKER_URL=redis://none SECRET_KEY=none \
    SENDBLUE_WEBHOOK_SECRETS=none DATA_DIR=/tmp /venv/bin/python manage.py collectstatic --no-input
# The icons are read from their package when the first page is made.
RUN mkdir -p /kept/lucide-static /kept/htmx.org /kept/qr \
    && cp -r node_modules/lucide-static/icons node_modules/lucide-static/LICENSE /kept/lucide-static \
    && cp -r node_modules/htmx.org/dist /kept/htmx.org \
    && cp node_modules/qr/*.js node_modules/qr/LICENSE* /kept/qr \
    && rm -rf node_modules && mv /kept node_modules

# --- what runs -----------------------------------------------------------------------------------

FROM ${PYTHON}
RUN useradd --uid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin inbox \
    && install -d -o inbox -g inbox -m 0700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=sendblue_inbox.settings HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
WORKDIR /app
USER inbox
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/up', timeout=4)"]
CMD ["python", "-m", "sendblue_inbox.web"]
