# Everything in one image, for CPU or GPU; docs/development.md says how to build and use it.
FROM python:3.11-slim

# For Korean on plots and annotated pictures.
RUN apt-get update -q \
 && apt-get install -q -y --no-install-recommends fonts-nanum \
 && rm -rf /var/lib/apt/lists/*

# cpu or gpu: the lock files name TensorFlow for the one or with CUDA for the other.
ARG KIND=cpu
WORKDIR /opt/pet-mood
COPY requirements/${KIND}.lock requirements/
RUN python -m pip install --no-cache-dir -r requirements/${KIND}.lock

COPY pyproject.toml LICENSE README.md ./
COPY shards shards
COPY console console
COPY preprocess preprocess
COPY trainer trainer
COPY tools tools
COPY benchmarks benchmarks
COPY chaos chaos
COPY configs configs
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .

# Whoever runs it may be any user: caches go where everybody may write. Data and runs are mounted below /pets.
ENV HOME=/tmp RAY_USAGE_STATS_ENABLED=0
WORKDIR /pets
EXPOSE 8000
ENTRYPOINT ["petmood"]
