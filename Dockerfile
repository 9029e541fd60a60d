# One image for web, worker and beat; docker-compose.yml says which command each runs.
FROM python:3.13-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        mdbtools libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core unixodbc \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --system --uid 10001 --home-dir /var/lib/ccportal --create-home ccportal \
    && install -d -o ccportal -g ccportal /var/lib/ccportal/tmp
WORKDIR /srv/ccportal

COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --no-compile -r requirements.txt -c constraints.txt

COPY . .
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/ccportal \
    STATIC_ROOT=/srv/ccportal-static \
    TMPDIR=/var/lib/ccportal/tmp
# The key serves this one command and is not kept.
RUN SECRET_KEY=while-building-only python manage.py collectstatic --no-input --verbosity 0

USER ccportal
VOLUME /var/lib/ccportal
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "8", "--respawn-failed-workers", "--no-ws", "ccportal.wsgi:application"]
