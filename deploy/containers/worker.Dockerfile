# The compute side, and set-up. Built from the checkout: docker compose build train
FROM python:3.11-slim-bookworm

# cpu or cuda: which ONNX Runtime is installed; torch is of the kind that the index offers
ARG DEVICE=cpu
# where torch of the index is a CUDA build, an index of CPU builds as PIP_EXTRA_INDEX_URL makes this image several GB smaller
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv/kilnmark
COPY requirements.lock requirements-web.lock requirements-cpu.lock requirements-gpu.lock ./
# torch first, with what it needs; then everything else exactly as listed (as deploy/environment.py does it)
RUN case "$DEVICE" in cpu) lock=requirements-cpu.lock ;; cuda) lock=requirements-gpu.lock ;; \
        *) echo "DEVICE: expected cpu or cuda; got $DEVICE" >&2; exit 1 ;; esac \
    && python -m pip install "$(grep '^torch==' requirements.lock)" -c requirements.lock -c requirements-web.lock \
    && python -m pip install --no-deps -r "$lock"

# a new named volume takes owner, mode and content from the folder it is mounted over: so nothing ever runs as root
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin kilnmark \
    && install -d -o kilnmark -g kilnmark -m 700 /var/lib/kilnmark /var/lib/kilnmark-keys

COPY manage.py LICENSE requirements-web.lock ./
COPY models_store models_store
COPY platform platform
COPY workers workers
COPY deploy deploy

ENV KILNMARK_HOME=/var/lib/kilnmark KILNMARK_KEYS=/var/lib/kilnmark-keys KILNMARK_DEVICE=${DEVICE} OMP_WAIT_POLICY=PASSIVE MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
USER 10001:10001
CMD ["python", "-m", "celery", "-A", "workers.app", "worker", "-Q", "io", "-n", "io@%h", "-P", "threads", "-c", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
