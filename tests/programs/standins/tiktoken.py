"""Stands in for tiktoken: a token is a byte of the text, with room for as many as GPT-2 has."""


class Encoding:
    n_vocab, eot_token, max_token_value = 50257, 50256, 50256
    name = "bytes"

    def encode(self, text, *, allowed_special=(), disallowed_special=()):
        head, mark, tail = text.partition("<|endoftext|>")
        return [*head.encode(), *([self.eot_token, *self.encode(tail)] if mark else [])]

    encode_ordinary = encode

    def decode(self, ids):
        parts = (bytes([i]) if i < 256 else b"<%d>" % i for i in map(int, ids))
        return b"".join(parts).decode(errors="replace")


def get_encoding(_):
    return Encoding()


encoding_for_model = get_encoding
