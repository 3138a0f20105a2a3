"""Money: purchases, payments, closing, issuing, documents; runs dbt, which computes all of it (CHARGING)."""
