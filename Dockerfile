# The image of kfbridge on Kubernetes: the driver, the containers that copy data, and the door to a claim, in one.
#
#     docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/kfbridge:VERSION --push .
#
# Nothing in it depends on the processor. The versions are those of image-constraints.txt. For the same bytes on another
# day, pin the base by its digest, and let BuildKit set the times of the layers:
#
#     SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) docker buildx build --build-arg PYTHON_IMAGE=python@sha256:... \
#         --output type=image,name=REGISTRY/kfbridge:VERSION,rewrite-timestamp=true,push=true .

ARG PYTHON_IMAGE=docker.io/library/python:3.12.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG SOURCE_DATE_EPOCH=0
ARG EXTRAS=k8s,s3,gcs,azure,fast
ENV PIP_CONSTRAINT=/src/image-constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# A checkout, or the wheel that `kfbridge k8s kind` makes of an installed kfbridge.
COPY . .
RUN set -eu; set -- *.whl; [ -e "$1" ] || set -- .; \
    python3 -m venv --without-pip /opt/kfbridge; \
    python3 -m pip --python /opt/kfbridge/bin/python3 install --no-compile --prefer-binary "$1[${EXTRAS}]"
# The library kubernetes has every model twice; its asynchronous half is imported by nothing here. What is compiled is
# compiled now, because the user of the container cannot write beside it, and without times, which differ every day.
RUN set -eu; cd /opt/kfbridge/lib/python3*/site-packages; \
    rm -rf kubernetes/aio; \
    find . -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +; \
    /opt/kfbridge/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash . ; \
    install -d -m 1777 /opt/kfbridge/home; \
    find /opt/kfbridge -exec touch -h -d "@${SOURCE_DATE_EPOCH}" {} +

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/kfbridge /opt/kfbridge
ENV PATH=/opt/kfbridge/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/opt/kfbridge/home LOGNAME=kfbridge PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/kfbridge/home
USER 65532:65532
ENTRYPOINT ["kfbridge"]
