# SPDX-License-Identifier: Apache-2.0
"""The reference of the parity test: the same model, batches and optimiser in plain PyTorch, one thread, float32.

Reads one JSON object from standard input: model, learningRates, batchSize, tensors ([name, shape, decays] in flat order) and the paths of
`weights` (raw float32, flat order), `rows` (raw int32, [steps, B, S + 1]; 0 is padding) and `trained` (written: raw float32, flat order).
Prints {"losses": [...], "norms": [...]}.
"""

import json
import math
import sys

import torch
import torch.nn.functional as F


def read(path, dtype):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=dtype)


def rotate(x, cosine, sine):
    """x [B, heads, S, D]; positions in halves."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


def norm(x, gain, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * gain


def loss_of(weights, model, rows):
    ids, targets = rows[:, :-1].long(), rows[:, 1:].long()
    batch, length = ids.shape
    heads, groups = model["headCount"], model["keyValueHeadCount"]
    size = model["hiddenSize"] // heads
    frequency = model["ropeTheta"] ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequency
    cosine, sine = angles.cos().float(), angles.sin().float()
    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(model["layerCount"]):
        own = lambda name: weights[f"model.layers.{layer}.{name}.weight"]
        h = norm(x, own("input_layernorm"), model["rmsNormEpsilon"])
        split = lambda y, count: y.view(batch, length, count, size).transpose(1, 2)
        q = rotate(split(h @ own("self_attn.q_proj").T, heads), cosine, sine)
        k = rotate(split(h @ own("self_attn.k_proj").T, groups), cosine, sine)
        v = split(h @ own("self_attn.v_proj").T, groups)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + mixed.transpose(1, 2).reshape(batch, length, -1) @ own("self_attn.o_proj").T
        h = norm(x, own("post_attention_layernorm"), model["rmsNormEpsilon"])
        x = x + (F.silu(h @ own("mlp.gate_proj").T) * (h @ own("mlp.up_proj").T)) @ own("mlp.down_proj").T
    x = norm(x, weights["model.norm.weight"], model["rmsNormEpsilon"])
    head = weights["model.embed_tokens.weight" if model["tieEmbeddings"] else "lm_head.weight"]
    return F.cross_entropy((x @ head.T).flatten(0, 1), targets.flatten(), ignore_index=0)


def main():
    task = json.load(sys.stdin)
    model, tensors = task["model"], task["tensors"]
    torch.set_num_threads(1)
    parts = read(task["weights"], torch.float32).split([math.prod(shape) for _, shape, _ in tensors])
    weights = {
        name: part.reshape(shape).clone().requires_grad_() for (name, shape, _), part in zip(tensors, parts)
    }
    adamw = task["adamw"]
    groups = [
        {"params": [weights[name] for name, _, decays in tensors if decays == wanted], "weight_decay": decay}
        for wanted, decay in ((True, adamw["weightDecay"]), (False, 0.0))
    ]
    optimiser = torch.optim.AdamW(
        groups, lr=0.0, betas=(adamw["beta1"], adamw["beta2"]), eps=adamw["epsilon"], foreach=False
    )
    steps = len(task["learningRates"])
    rows = read(task["rows"], torch.int32).reshape(steps, task["batchSize"], -1)
    losses, norms = [], []
    for step, rate in enumerate(task["learningRates"]):
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        loss = loss_of(weights, model, rows[step])
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(weights.values()), adamw["clipNorm"]).item())
        optimiser.step()
        losses.append(loss.item())
    flat = torch.cat([weights[name].detach().flatten() for name, _, _ in tensors])
    with open(task["trained"], "wb") as file:
        file.write(bytes(flat.untyped_storage()))
    json.dump({"losses": losses, "norms": norms}, sys.stdout)


main()
