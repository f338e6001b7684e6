"""A provider for reconciler: JSON files in a folder as resources."""

from reconciler_json_files.provider import JsonFiles

__all__ = ["JsonFiles"]
