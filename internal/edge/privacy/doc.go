// Package privacy holds what a lab owes a person about their data: for now, forgetting them. The store empties the
// journal, the rows and the search words; this package removes what lies beside them (drawn reports, waiting labels,
// drafts, the raw bytes of analyzers that name the person), in the same transaction, and refuses while the law wants the
// reports kept.
package privacy
