"""What the program says about a call site's cost: prompt, output limit, volume, and the estimate of them.

The stage stands between the analysis, which knows code, and `estimate`, which knows prices. Import `pricing`
only where a site has a saving to work out: it brings the prices with it.
"""
