// Package provision owns clusters that Roadstead creates itself: the provisioning roles that let it into a cloud account,
// and the run that takes a cluster from a wish to a registration, follows it, upgrades it, and takes it down again.
//
// A run is a row with a state. Each step first looks at what is there, then does the one thing that is missing, then
// writes down what it did, so that a step which ran twice or half does no harm. Nothing important is held in memory, and
// no transaction of the store is open during a call.
//
// How a cloud is spoken to is left to the adapter behind Cloud, what is done inside the new cluster to the one behind
// Connector. What a registered cluster is and may do is package cluster's.
package provision
