"""The counsellors' program: courier ⇄ spool ⇄ desk. Keys never leave the workstation; see docs/SPEC.md."""
