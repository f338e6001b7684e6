"""The cases of the rules, which tests run and pages show."""
