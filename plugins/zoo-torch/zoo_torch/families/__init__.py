"""Model families: code shared by the plugins of libraries such as timm and torchvision."""
