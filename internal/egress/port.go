package egress

// portRefused reports whether a port is not open by default: everything below 1024 but 443, and the well-known
// ports of services that are never a web API of the kind we call but are worth attacking from within a network.
func portRefused(port uint16) bool {
	if port < 1024 {
		return port != 443
	}
	switch port {
	case 2049, // NFS
		2375, 2376, 2377, // Docker
		2379, 2380, // etcd
		1433, 1521, 3306, 5432, 5984, 6379, 6380, 9042, 11211, 27017, 27018, 27019, // databases and caches
		9200, 9300, // search
		2181, 5672, 9092, // queues
		3389, 5900, 5985, 5986, // remote control
		10050, 10051, // monitoring agents
		10248, 10249, 10250, 10255, 10256, 10257, 10259: // kubelet and other parts of a node
		return true
	}
	return false
}
