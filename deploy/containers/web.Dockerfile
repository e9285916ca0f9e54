# The web side: no torch, no ONNX. Built from the checkout: docker compose build web
FROM python:3.11-slim-bookworm

# a mirror of the package index, where one is used: --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv/kilnmark
COPY requirements-web.lock ./
RUN python -m pip install --no-deps -r requirements-web.lock

# a new named volume takes owner, mode and content from the folder it is mounted over: so nothing ever runs as root
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin kilnmark \
    && install -d -o kilnmark -g kilnmark -m 700 \
        /var/lib/kilnmark /var/lib/kilnmark-keys /var/lib/kilnmark-objects /var/lib/kilnmark-objects/kilnmark

# the other lock is not installed here: bills of materials name what models are made with
COPY manage.py LICENSE requirements.lock ./
COPY models_store models_store
COPY client client
COPY platform platform

ENV KILNMARK_HOME=/var/lib/kilnmark KILNMARK_KEYS=/var/lib/kilnmark-keys
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "config.asgi:application", "--app-dir", "platform", "--host", "0.0.0.0", "--port", "8000", "--http", "config.request_head:BoundedHead", "--no-access-log", "--timeout-graceful-shutdown", "3"]
