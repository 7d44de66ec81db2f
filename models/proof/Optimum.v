(** The textbook's formulas are optima: nothing is faster, and they are reached; by a
    swarm up to any eps, by a server alone exactly. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums Model Lower Formulas Fluid Attained.
Import ListNotations.
Open Scope R_scope.

Lemma pair_dec (c d : nat * nat) : {c = d} + {c <> d}.
Proof. decide equality; apply Nat.eq_dec. Qed.

Lemma le_product F r D : 0 < r -> F / r <= D -> F <= r * D.
Proof.
  intros pos le. apply Rmult_le_compat_l with (r := r) in le; [|lra].
  replace (r * (F / r)) with F in le by (field; lra). assumption.
Qed.

(** The same without peers that send. *)
Definition achievable_cs (n : nat) (u d : nat -> R) (F D : R) : Prop :=
  exists (f : file (nat * nat)) tr,
    admissible (constant n u d) f tr /\ file_size f = F /\
    (forall e, In e tr -> src e = 0%nat) /\
    forall j, In j (seq 1 n) -> completes f tr j D.

Section Optimum.
  Context (n : nat) (u d : nat -> R) (F dmin : R).
  Hypothesis n_pos : (1 <= n)%nat.
  Hypothesis F_pos : 0 < F.
  Hypothesis us_pos : 0 < u 0%nat.
  Hypothesis u_nonneg : forall i, In i (seq 0 (S n)) -> 0 <= u i.
  Hypothesis dmin_pos : 0 < dmin.
  Hypothesis dmin_least : forall j, In j (seq 1 n) -> dmin <= d j.
  Hypothesis dmin_there : exists j, In j (seq 1 n) /\ d j = dmin.

  Let n_1 : 1 <= INR n.
  Proof. now apply (le_INR 1). Qed.

  Let U_nonneg : 0 <= uploads n u.
  Proof.
    apply sum_nonneg. intros k i. apply u_nonneg. apply in_seq in i. apply in_seq. lia.
  Qed.

  Theorem p2p_optimum :
    let optimum := D_p2p n F (u 0%nat) dmin (uploads n u) in
    (forall D, 0 <= D -> achievable n u d F D -> optimum <= D) /\
    (forall eps, 0 < eps -> exists D, achievable n u d F D /\ D <= optimum * (1 + eps)).
  Proof.
    intros optimum. split.
    - intros D nn (f & tr & ok & <- & all).
      pose proof (p2p_lower_bound pair_dec n u d (fun _ => 0) f tr D ok us_pos 0
        (fun j _ => Rle_refl 0) nn n_pos all dmin F_pos dmin_pos dmin_there ltac:(lra)).
      unfold optimum. lra.
    - intros eps eps_pos.
      assert (source : F / u 0%nat <= optimum) by apply Rmax_l.
      assert (slowest : F / dmin <= optimum) by (eapply Rle_trans; [apply Rmax_l|apply Rmax_r]).
      assert (all : INR n * F / (u 0%nat + uploads n u) <= optimum)
        by (eapply Rle_trans; apply Rmax_r).
      apply le_product in source, slowest, all; try lra.
      assert (pos : 0 < optimum) by nra.
      assert (r_pos : 0 < F / optimum) by now apply Rdiv_lt_0_compat.
      assert (share : forall v, F <= v * optimum -> F / optimum <= v).
      { intros v le. apply quotient_le; [assumption|]. lra. }
      destruct (attained n u d (F / optimum) F eps n_pos u_nonneg) as (D & reached & near);
        try assumption.
      + apply fluid_optimum; try assumption; [lra|]. split; [auto|]. split.
        * intros j i. apply Rle_trans with dmin; auto.
        * replace (INR n * (F / optimum)) with (INR n * F / optimum) by (unfold Rdiv; ring).
          apply quotient_le; [assumption|]. unfold uploads in all. lra.
      + exists D. split; [assumption|]. replace (F / (F / optimum)) with optimum in near
        by (field; lra).
        exact near.
  Qed.

  Section Serve.
    Context (r D : R).
    Hypothesis r_pos : 0 < r.
    Hypothesis D_pos : 0 < D.
    Hypothesis r_D : r * D = F.
    Hypothesis r_source : INR n * r <= u 0%nat.
    Hypothesis r_down : r <= dmin.

    Definition whole_file : file (nat * nat) := {| pieces := [(0, 0)]%nat; size := fun _ => F |}.
    Definition serve (j : nat) : transfer (nat * nat) :=
      {| src := 0%nat; dst := j; piece := (0, 0)%nat;
         out := fun t => r * clamp D t; inn := fun t => r * clamp D t |}.
    Definition service : list (transfer (nat * nat)) := map serve (seq 1 n).

    Lemma in_service e : In e service <-> exists j, In j (seq 1 n) /\ e = serve j.
    Proof. unfold service. rewrite in_map_iff. split; intros (j & i & k); exists j; auto. Qed.

    Lemma service_admissible : admissible (constant n u d) whole_file service.
    Proof.
      assert (speed : forall s t, s <= t -> r * clamp D t - r * clamp D s <= r * (t - s)).
      { intros s t le. rewrite <- Rmult_minus_distr_l. apply Rmult_le_compat_l; [lra|].
        now apply clamp_speed. }
      split; [|split].
      - split; try (intros e; intros; match goal with H : In e service |- _ =>
          apply in_service in H; destruct H as (j & i & ->) end; simpl).
        + simpl. constructor; [simpl; tauto|constructor].
        + intros. simpl. assumption.
        + auto.
        + left. reflexivity.
        + assumption.
        + replace (clamp D t) with 0 by clamps. ring.
        + replace (clamp D t) with 0 by clamps. ring.
        + apply Rmult_le_compat_l; [lra|]. now apply clamp_grows.
        + apply Rmult_le_compat_l; [lra|]. now apply clamp_grows.
        + intros. simpl. lra.
        + rewrite Rminus_0_r. lra.
      - split.
        + intros i s t node le. unfold sent, service. rewrite !sum_map. unfold only.
          cbn [serve src dst out inn constant delayed upload download].
          destruct (Nat.eq_dec 0 i) as [<-|].
          * rewrite !sum_const, seq_length. pose proof (speed s t le).
            pose proof (Rmult_le_compat_l (INR n) _ _ (pos_INR n) H).
            pose proof (Rmult_le_compat_r (t - s) _ _ ltac:(lra) r_source). lra.
          * rewrite !sum_zero by auto. pose proof (u_nonneg i node).
            pose proof (Rmult_le_pos (u i) (t - s) H ltac:(lra)). lra.
        + intros j s t peer le. unfold got, service. rewrite !sum_map. unfold only.
          cbn [serve src dst out inn constant delayed upload download].
          assert (own : forall v, sum (fun k => if Nat.eq_dec k j then v else 0) (seq 1 n) = v).
          { intros v. etransitivity; [|exact (only_present Nat.eq_dec (fun i : nat => i) (fun _
            => v) j
              (seq 1 n) (seq_NoDup n 1) peer)].
            apply sum_ext. intros k _. unfold only. destruct (Nat.eq_dec k j), (Nat.eq_dec j k);
              congruence. }
          rewrite !own. pose proof (speed s t le). pose proof (dmin_least j peer).
          pose proof (Rmult_le_compat_r (t - s) r (d j) ltac:(lra) ltac:(lra)). lra.
      - intros e t i _. apply in_service in i. destruct i as (j & _ & ->). left. reflexivity.
    Qed.

    Lemma service_completes j : In j (seq 1 n) -> completes whole_file service j D.
    Proof.
      intros i c [<-|[]]. exists (serve j). split; [apply in_service; eauto|].
      split; [reflexivity|]. split; [reflexivity|]. unfold delivered. simpl.
      replace (clamp D D) with D by clamps. lra.
    Qed.
  End Serve.

  Theorem cs_optimum :
    let optimum := D_cs n F (u 0%nat) dmin in
    achievable_cs n u d F optimum /\
    (forall D, 0 <= D -> achievable_cs n u d F D -> optimum <= D).
  Proof.
    intros optimum.
    assert (source : INR n * F / u 0%nat <= optimum) by apply Rmax_l.
    assert (slowest : F / dmin <= optimum) by apply Rmax_r.
    apply le_product in source, slowest; try lra.
    assert (pos : 0 < optimum) by nra.
    assert (r_pos : 0 < F / optimum) by now apply Rdiv_lt_0_compat.
    split.
    - exists whole_file, (service (F / optimum) optimum). split; [|split; [|split]].
      + apply service_admissible; try assumption.
        * replace (INR n * (F / optimum)) with (INR n * F / optimum) by (unfold Rdiv; ring).
          apply quotient_le; lra.
        * apply quotient_le; lra.
      + unfold file_size. simpl. lra.
      + intros e i. apply in_service in i. destruct i as (j & _ & ->). reflexivity.
      + intros j i. apply service_completes; try assumption. field. lra.
    - intros D nn (f & tr & ok & <- & alone & all).
      pose proof (cs_lower_bound pair_dec n u d (fun _ => 0) f tr D ok us_pos 0
        (fun j _ => Rle_refl 0) nn all dmin alone F_pos dmin_pos dmin_there).
      unfold optimum. lra.
  Qed.
End Optimum.
