package provision

// Prices of Amazon EKS in US dollars, as published in November 2026; they are the same in nearly every region. Machines,
// disks, gateways and load balancers come on top and differ by region.
const (
	ControlPlanePerHour         = 0.10 // in standard support
	ExtendedControlPlanePerHour = 0.60
	hoursPerMonth               = 730
)

// Floor is what a cluster costs at least, in US dollars, before any machine runs.
type Floor struct {
	PerHour  float64 `json:"usd_per_hour"`
	PerMonth float64 `json:"usd_per_month"`
}

// CostFloor is the floor of a cluster in standard support.
func CostFloor() Floor {
	return Floor{PerHour: ControlPlanePerHour, PerMonth: ControlPlanePerHour * hoursPerMonth}
}
