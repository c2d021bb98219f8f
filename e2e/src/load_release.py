# SPDX-License-Identifier: Apache-2.0
"""Loads a release as any user of transformers would; prints ids, logits of the first line and the ids of a chat prompt."""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
lines = json.load(sys.stdin)
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
ids = [tokenizer(line, add_special_tokens=False)["input_ids"] for line in lines]
with torch.no_grad():
    logits = model(torch.tensor([ids[0]])).logits[0]
text = tokenizer.apply_chat_template([{"role": "user", "content": "溶銑温度は？"}], tokenize=False, add_generation_prompt=True)
chat = tokenizer(text, add_special_tokens=False)["input_ids"]
json.dump({"ids": ids, "logits": logits.tolist(), "chat": chat}, sys.stdout)
