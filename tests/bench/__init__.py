"""Speed, measured beside other ways to do the same in the same run; reported, never asserted."""
