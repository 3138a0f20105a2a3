"""The numbering plans of the world: libphonenumber's verdicts compiled to intervals of integers, and looked up."""
