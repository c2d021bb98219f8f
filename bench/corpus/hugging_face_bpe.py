# SPDX-License-Identifier: Apache-2.0
# The same training with Hugging Face's trainer (Rust), on the words that were cut already. Usage: hugging_face_bpe.py WORDS VOCABULARY_SIZE [TEXTS TOKENIZER_JSON]
import json
import os
import sys
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

words, size = sys.argv[1], int(sys.argv[2])
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [
        pre_tokenizers.Split("\u241f", behavior="removed"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
)
trainer = trainers.BpeTrainer(
    vocab_size=size, min_frequency=2, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
)
started = time.perf_counter()
tokenizer.train([words], trainer)
result = {"trainSeconds": time.perf_counter() - started, "vocabulary": tokenizer.get_vocab_size()}
if len(sys.argv) > 4:
    ours = Tokenizer.from_file(sys.argv[4])
    lines = open(sys.argv[3], encoding="utf8", newline="").read().split("\u241e")
    started = time.process_time()
    count = 0
    for line in lines:
        count += len(ours.encode(line, add_special_tokens=False).ids)
    result["encodeSeconds"] = time.process_time() - started
    result["encodedTokens"] = count
print(json.dumps(result))
