//go:build !race

package controlplane

import (
	"context"
	"fmt"

	managerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	manageroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// clientFlags serve both components: alone, without a port of their own, and
// not throttled by the defaults made for a shared API server.
func clientFlags(kubeconfig string) []string {
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}
}

func newControllerManager(ctx context.Context, kubeconfig string, keys *credentials) (component, error) {
	manager, err := manageroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return component{}, fmt.Errorf("prepare the controller manager: %w", err)
	}
	known, disabled, aliases := managerapp.KnownControllers(), managerapp.ControllersDisabledByDefault(), managerapp.ControllerAliases()
	flags := manager.Flags(known, disabled, aliases)
	manager.ParsedFlags = &flags
	err = parse(flags, append(clientFlags(kubeconfig),
		"--service-account-private-key-file="+keys.path("service-account.key"),
		"--root-ca-file="+keys.path("ca.crt"),
		"--use-service-account-credentials=true",
	))
	if err != nil {
		return component{}, fmt.Errorf("set the controller manager's flags: %w", err)
	}
	if err := manager.ComponentGlobalsRegistry.Set(); err != nil {
		return component{}, fmt.Errorf("set the feature gates: %w", err)
	}
	config, err := manager.Config(ctx, known, disabled, aliases)
	if err != nil {
		return component{}, fmt.Errorf("configure the controller manager: %w", err)
	}
	return component{name: "kube-controller-manager", run: func(ctx context.Context) error {
		return managerapp.Run(ctx, config.Complete())
	}}, nil
}

func newScheduler(ctx context.Context, kubeconfig string) (component, error) {
	options := scheduleroptions.NewOptions()
	if err := parse(*options.Flags, clientFlags(kubeconfig)); err != nil {
		return component{}, fmt.Errorf("set the scheduler's flags: %w", err)
	}
	config, scheduler, err := schedulerapp.Setup(ctx, options)
	if err != nil {
		return component{}, fmt.Errorf("set up the scheduler: %w", err)
	}
	return component{name: "kube-scheduler", run: func(ctx context.Context) error {
		return schedulerapp.Run(ctx, config, scheduler)
	}}, nil
}
