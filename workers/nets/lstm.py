"""Long short-term memory over tokens (Hochreiter & Schmidhuber 1997; Graves 2013): whole items, or step by step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

LARGEST_TABLE = 1024  # tokens; a larger table costs more memory than it saves time


class TokenLstm(nn.Module):
    """What comes next, after each token of an item: embedding, `layers` layers of `width`, logits.

    While training, `dropout` drops parts of what goes from layer to layer and to the logits (Zaremba et al. 2014).
    """

    def __init__(self, tokens: int, width: int, layers: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.lstm = nn.LSTM(width, width, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, L) int64, from a state of zeros, to logits (B, L, tokens)."""
        seen, _ = self.lstm(self.embedding(tokens))  # (B, L, width)
        return self.head(self.dropout(seen))


class LstmStep(nn.Module):
    """One step of a `TokenLstm` by its own weights, and the draw of the next token: what is exported.

    Plain matrix products instead of a sequence of length one: they export as they stand, and cost less.
    """

    def __init__(self, net: TokenLstm) -> None:
        super().__init__()
        self.net = net
        self.train(net.training)

    def forward(
        self, token: Tensor, h: Tensor, c: Tensor, noise: Tensor, temperature: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The next token (B,) and states (B, layers, width).

        From the last token (B,) int64, the states, standard normal noise (B, 2, tokens) and a temperature (B,) above 0.
        """
        logits, h, c = self.advance(token, h, c)
        return drawn_token(logits / temperature[:, None], noise), h, c

    def advance(self, token: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B, tokens) of what comes after `token`, and the states after it."""
        gates = self.first_gates(token)  # (B, 4 * width)
        hidden: list[Tensor] = []
        cells: list[Tensor] = []
        for layer, (from_below, from_before, bias_below, bias_before) in enumerate(self.net.lstm.all_weights):
            if layer:
                gates = linear(hidden[-1], from_below, bias_below)
            take, keep, fresh, show = (gates + linear(h[:, layer], from_before, bias_before)).chunk(4, 1)
            cells.append(keep.sigmoid() * c[:, layer] + take.sigmoid() * fresh.tanh())  # (B, width)
            hidden.append(show.sigmoid() * cells[-1].tanh())
        return self.net.head(hidden[-1]), torch.stack(hidden, 1), torch.stack(cells, 1)

    def first_gates(self, token: Tensor) -> Tensor:
        """What the first layer takes from `token`, (B, 4 * width).

        In an exported graph it is looked up in a table, which ONNX Runtime computes once, when it loads the graph:
        of two layers that saves a quarter of the arithmetic of every step.
        """
        weight, _, bias, _ = self.net.lstm.all_weights[0]
        known = self.net.embedding.weight  # (tokens, width)
        if torch.compiler.is_exporting() and len(known) <= LARGEST_TABLE:
            return embedding(token, linear(known, weight, bias))
        return linear(embedding(token, known), weight, bias)


def drawn_token(logits: Tensor, noise: Tensor) -> Tensor:
    """One draw (B,) int64 from softmax(logits), (B, tokens): a function of standard normal noise (B, 2, tokens).

    The Gumbel-max trick (Gumbel 1954; Maddison et al. 2014): argmax of logits - log E, E exponential. Half the square
    of two normal numbers is E, exact down to the smallest, and those decide.
    """
    return (logits - (noise.square().sum(1) / 2).log()).argmax(1)
