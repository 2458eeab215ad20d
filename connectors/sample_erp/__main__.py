"""`python -m connectors.sample_erp`."""

from connectors.sample_erp.program import main

if __name__ == "__main__":
    main(prog_name="python -m connectors.sample_erp")
