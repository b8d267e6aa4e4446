-- PostgreSQL changes counters where they are, in the transaction that stores the records.
SELECT 1;
