"""The findings of the doctor -> text and JSON. Decides nothing."""
