// SPDX-License-Identifier: Apache-2.0

/** Jinja, as transformers and llama.cpp read it; {@link Tokenizer.encodeChat} gives the same ids. */
export const chatTemplate =
  '<|begin|>{% for message in messages %}{{ "<|" + message["role"] + "|>" + message["content"] + "<|eot|>" }}{% endfor %}' +
  '{% if add_generation_prompt %}<|assistant|>{% endif %}';
