# SPDX-License-Identifier: Apache-2.0
"""Reads a Croissant document on standard input, prints what the reference implementation makes of it."""
import json
import sys

import mlcroissant

metadata = mlcroissant.Dataset(json.load(sys.stdin)).metadata
print(
    json.dumps(
        {
            "errors": sorted(map(str, metadata.ctx.issues.errors)),
            "warnings": sorted(map(str, metadata.ctx.issues.warnings)),
            "version": str(metadata.ctx.conforms_to),
            "files": len(metadata.distribution),
            "recordSets": len(metadata.record_sets),
            "biases": metadata.data_biases,
        }
    )
)
