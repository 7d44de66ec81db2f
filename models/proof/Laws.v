(** Laws of the formulas, which a test can ask of the code that computes them. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums Model Lower Formulas.
Open Scope R_scope.

Lemma div_le_div a b c d : 0 < b -> 0 < d -> a * d <= c * b -> a / b <= c / d.
Proof.
  intros pb pd le. apply Rmult_le_reg_r with (b * d); [now apply Rmult_lt_0_compat|].
  replace (a / b * (b * d)) with (a * d) by (field; lra).
  replace (c / d * (b * d)) with (c * b) by (field; lra). assumption.
Qed.

Lemma div_lt_div a b c d : 0 < b -> 0 < d -> (a / b < c / d <-> a * d < c * b).
Proof.
  intros pb pd. assert (p : 0 < b * d) by now apply Rmult_lt_0_compat.
  replace (a * d) with (a / b * (b * d)) by (field; lra).
  replace (c * b) with (c / d * (b * d)) by (field; lra).
  split; [now apply Rmult_lt_compat_r|now apply Rmult_lt_reg_r].
Qed.

Section Laws.
  Context (n : nat) (F us dmin U : R).
  Hypothesis n_pos : (1 <= n)%nat.
  Hypothesis F_pos : 0 < F.
  Hypothesis us_pos : 0 < us.
  Hypothesis U_nonneg : 0 <= U.

  Let one_le_n : 1 <= INR n.
  Proof. now apply (le_INR 1). Qed.

  (** Peers that help never make the optimum worse. *)
  Theorem p2p_le_cs : D_p2p n F us dmin U <= D_cs n F us dmin.
  Proof.
    unfold D_p2p, D_cs. pose proof (Rmax_l (INR n * F / us) (F / dmin)).
    pose proof (Rmax_r (INR n * F / us) (F / dmin)).
    assert (more : F <= INR n * F) by nra.
    assert (F / us <= INR n * F / us) by (apply div_le_div; nra).
    assert (INR n * F / (us + U) <= INR n * F / us).
    { apply div_le_div; [lra|lra|]. assert (0 <= INR n * F) by nra. nra. }
    repeat apply Rmax_lub; lra.
  Qed.

  (** Peers that bring [umin] each keep the time below a constant, however many. *)
  Theorem p2p_self_scales umin :
    0 < umin -> INR n * umin <= U ->
    D_p2p n F us dmin U <= Rmax (F / us) (Rmax (F / dmin) (F / umin)).
  Proof.
    intros pos each. unfold D_p2p. apply Rmax_lub; [apply Rmax_l|].
    apply Rle_trans with (2 := Rmax_r _ _). apply Rmax_lub; [apply Rmax_l|].
    apply Rle_trans with (2 := Rmax_r _ _). apply div_le_div; nra.
  Qed.

  (** All uplinks together bind, and not the source alone, exactly when the peers
      bring less than n - 1 sources. *)
  Theorem swarm_vs_server : F / us < INR n * F / (us + U) <-> U < (INR n - 1) * us.
  Proof.
    rewrite div_lt_div by lra. split; intros lt.
    - apply Rmult_lt_reg_l with F; nra.
    - apply Rmult_lt_compat_l with (r := F) in lt; nra.
  Qed.
End Laws.

(** Rates that are k times as large divide the time by k. *)
Theorem tolerance n F us dmin U k :
  0 < k -> 0 < us -> 0 < dmin -> 0 <= U ->
  D_p2p n F (k * us) (k * dmin) (k * U) = D_p2p n F us dmin U / k.
Proof.
  intros pos pus pd pU. unfold D_p2p.
  assert (divides : forall x y, Rmax x y / k = Rmax (x / k) (y / k)).
  { intros x y. unfold Rdiv. rewrite !(Rmult_comm _ (/ k)).
    apply eq_sym, RmaxRmult. left. now apply Rinv_0_lt_compat. }
  assert (0 < k * us + k * U) by nra.
  rewrite !divides. f_equal; [|f_equal]; field; lra.
Qed.
