package process

import (
	corev1 "k8s.io/api/core/v1"
)

// imageUser is the user and group of the program's image: that of images which
// do not run as root by convention.
const imageUser = 65532

// identity is who a process is.
type identity struct {
	uid, gid int
	groups   []int
}

// identityOf reads a container's user from its security context, its pod's,
// and its image, in this order.
func identityOf(p *corev1.Pod, container *corev1.Container) identity {
	id := identity{uid: imageUser, gid: imageUser}
	var user, group *int64
	if pod := p.Spec.SecurityContext; pod != nil {
		user, group = pod.RunAsUser, pod.RunAsGroup
		for _, extra := range pod.SupplementalGroups {
			id.groups = append(id.groups, int(extra))
		}
		if pod.FSGroup != nil {
			id.groups = append(id.groups, int(*pod.FSGroup))
		}
	}
	if own := container.SecurityContext; own != nil {
		if own.RunAsUser != nil {
			user = own.RunAsUser
		}
		if own.RunAsGroup != nil {
			group = own.RunAsGroup
		}
	}
	if user != nil {
		id.uid, id.gid = int(*user), 0 // a user without a group is of root's
	}
	if group != nil {
		id.gid = int(*group)
	}
	return id
}

// ownerOf is the user that all containers of a pod run as, if it is one.
// Tokens then belong to that user alone.
func ownerOf(p *corev1.Pod) (int, bool) {
	if len(p.Spec.Containers) == 0 || fsGroup(p) >= 0 {
		return 0, false
	}
	user := identityOf(p, &p.Spec.Containers[0]).uid
	for _, containers := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range containers {
			if identityOf(p, &containers[i]).uid != user {
				return 0, false
			}
		}
	}
	return user, true
}

// fsGroup is the group that owns a pod's volumes, -1 if none is set.
func fsGroup(p *corev1.Pod) int {
	if context := p.Spec.SecurityContext; context != nil && context.FSGroup != nil {
		return int(*context.FSGroup)
	}
	return -1
}
