"""The documentation site: pages generated from the rules, the reasons and the configuration's schema, and the
pictures of the documents."""
