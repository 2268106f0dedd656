// Package reception holds the use cases of the front desk and the collection room: who the patient is, what is ordered,
// what it costs, which tubes it needs, and where each tube is. One exported method is one transaction. The types with
// JSON tags are the shapes that the API shows; they are separate from the domain's.
package reception
