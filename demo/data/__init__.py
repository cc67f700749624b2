"""The demo's world: real places, codes, prices and samples; invented firms, centres and lines marked 演示数据."""
