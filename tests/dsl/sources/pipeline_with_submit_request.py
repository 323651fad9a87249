from kfp import dsl


@dsl.component(packages_to_install=["requests"])
def submit_request(url: str):
    import requests
    import os

    # If running pipeline in multi-user mode, skip submitting request to external address.
    multi_user = os.getenv('MULTI_USER', 'false')
    if multi_user.lower() != 'true':
        return

    scheme = os.getenv('SCHEME', 'http')
    if scheme not in ['http', 'https']:
        raise Exception(f"Invalid scheme: {scheme}")

    url = f'{scheme}://{url}'
    # Submit HTTP or HTTPS request to in-cluster endpoint and external address, depending on the scheme specified by env var.
    try:
        response = requests.get(url, verify=True, timeout=5)
        print(response.status_code)
    except Exception as e:
        raise Exception(f"Failed to request {url}: {e}")
    if response.status_code != 200:
        raise Exception(f"Failed to request {url}: {response.status_code}")


@dsl.pipeline(
    name="pipeline-with-external-request", description="A pipeline that requests both in-cluster & external URLs."
)
def pipeline_with_external_request():
    submit_request(url="httpbin.org/get").set_caching_options(False)
    submit_request(url="ml-pipeline:8888/apis/v2beta1/healthz").set_caching_options(False)


PIPELINE = pipeline_with_external_request
