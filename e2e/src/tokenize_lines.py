# SPDX-License-Identifier: Apache-2.0
# Ids of lines with transformers and with tokenizers (Rust). Usage: tokenize_lines.py FOLDER < lines.json; typed control tokens stay text.
import json
import sys

from tokenizers import Tokenizer
from transformers import AutoTokenizer

folder = sys.argv[1]
lines = json.loads(sys.stdin.buffer.read())
fast = AutoTokenizer.from_pretrained(folder)
plain = Tokenizer.from_file(folder + "/tokenizer.json")
plain.encode_special_tokens = True
result = {
    "transformers": [fast.encode(line, add_special_tokens=False, split_special_tokens=True) for line in lines],
    "tokenizers": [plain.encode(line, add_special_tokens=False).ids for line in lines],
    "special": fast.encode("<|begin|>x<|eot|>", add_special_tokens=False),
}
result["decoded"] = [
    fast.decode(ids, clean_up_tokenization_spaces=False) == line for ids, line in zip(result["transformers"], lines)
]
print(json.dumps(result))
