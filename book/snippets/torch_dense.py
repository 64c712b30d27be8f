"""Batch norm in PyTorch: a dense network on the digits."""

import torch
from torch import nn

from bnlib.data import digits

torch.manual_seed(0)
x, y, x_test, y_test = map(torch.from_numpy, digits())
x, x_test = x.float() / 16, x_test.float() / 16

model = nn.Sequential(
    nn.Linear(64, 100, bias=False),  # batch norm would subtract a bias again
    nn.BatchNorm1d(100),
    nn.ReLU(),
    nn.Linear(100, 10),
)
# Weight decay on matrices only: gamma and beta are vectors, and go without.
matrices = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim == 1]
optimizer = torch.optim.AdamW(
    [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}],
    lr=0.003,
    weight_decay=0.01,
)
loader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(x, y),
    batch_size=64,
    shuffle=True,
    drop_last=True,  # a last batch of one row would have no variance
)

model.train()  # batch statistics; the running ones move
for _ in range(5):
    for images, classes in loader:
        loss = nn.functional.cross_entropy(model(images), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

model.eval()  # running statistics, which stay
with torch.no_grad():
    right = (model(x_test).argmax(1) == y_test).float().mean()
print(f"test accuracy: {right:.2f}")
names = [name for name in model.state_dict() if name.startswith("1.")]
print("state:", ", ".join(names))
