"""Any plan, any outcome and any document, for what must hold of all of them."""
