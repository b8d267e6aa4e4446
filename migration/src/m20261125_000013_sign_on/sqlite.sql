-- Who it is at the provider that one logs in with: the issuer, a space, and the subject. NULL for those with a password.
ALTER TABLE account ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX account_subject ON account (subject);
