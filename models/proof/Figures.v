(** Numbers from the literature that the formulas must give: a formula that is changed
    together with its theorem fails here. *)

From Coq Require Import Reals Lra Lia List Permutation Sorted.
From Swarm Require Import Sums Formulas Fastest Warm_up Warm_up_bound.
Import ListNotations.
Open Scope R_scope.

Ltac numbers :=
  unfold D_p2p, D_cs, Rmax; simpl; repeat destruct (Rle_dec _ _); lra.

(** Kurose & Ross, figure 2.25: u = 1 Mbit/s, u_s = 10 u, F/u = 1 h, d >= u_s; N = 30. *)
Theorem figure_2_25 : D_p2p 30 3600 10 20 30 = 2700 /\ D_cs 30 3600 10 20 = 10800.
Proof. split; numbers. Qed.

(** Kurose & Ross, problem P22: 15 Gbit, u_s = 30 Mbit/s, d = 2 Mbit/s, u = 300 kbit/s. *)
Theorem problem_22 :
  D_p2p 10 15000 30 2 3 = 7500 /\ D_p2p 100 15000 30 2 30 = 25000 /\
  D_cs 10 15000 30 2 = 7500 /\ D_cs 100 15000 30 2 = 50000.
Proof. repeat split; numbers. Qed.

(** Equal rates: N peers need M - 1 + H_N chunk times with several senders for
    one chunk; found exhaustively for N = 2 and 3. *)
Theorem harmonic :
  ramp (rate (fun _ => 1) [1; 1]) 1 2 = 3 / 2 /\ ramp (rate (fun _ => 1) [1; 1; 1]) 1 3 = 11 / 6.
Proof. unfold ramp, rate, fastest, total; simpl; lra. Qed.
