# kognitos-migrate in a container, for CI without Python:
#   docker build --tag kognitos-migrate .
#   docker run --rm --volume "$PWD:/project:ro" kognitos-migrate check
FROM python:3.13-slim-trixie AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY kognitos_migrate kognitos_migrate
COPY rules rules
RUN python -m venv /opt/kognitos-migrate \
    && /opt/kognitos-migrate/bin/pip install --no-cache-dir . \
    && /opt/kognitos-migrate/bin/pip uninstall --yes pip

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="kognitos-migrate" \
      org.opencontainers.image.description="Migrates Python code from Kognitos REST API v1 to v2" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/kognitos-migrate /opt/kognitos-migrate
RUN useradd --create-home --uid 1000 migrate
ENV PATH="/opt/kognitos-migrate/bin:$PATH"
USER 1000
WORKDIR /project
ENTRYPOINT ["kognitos-migrate"]
CMD ["--help"]
