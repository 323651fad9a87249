from kfp import dsl


@dsl.component(base_image="dummy", target_image="kfp-image")
def concat_message(message1: str, message2: str) -> str:
    return message1 + message2


PIPELINE = concat_message
