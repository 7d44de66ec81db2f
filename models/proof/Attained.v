(** Every rate below the fluid optimum is reached, up to a little, by an admissible
    trace of whole pieces: store and forward costs one slot, and slots can be short.

    Stream k is cut into m pieces. In slot q the source sends piece q of stream k to
    peer k at rate [x k], in slot q + 1 the peer passes it on to all other peers. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums Model Fluid Formulas.
Import ListNotations.
Open Scope R_scope.

(** A time [t] after its beginning, work of length [w] is done up to [clamp w t]. *)
Definition clamp (w t : R) : R := Rmax 0 (Rmin w t).

Ltac clamps := unfold clamp, Rmax, Rmin in *; repeat destruct (Rle_dec _ _); lra.

Lemma clamp_grows w s t : s <= t -> clamp w s <= clamp w t.
Proof. intros. clamps. Qed.

Lemma clamp_speed w s t : s <= t -> clamp w t - clamp w s <= t - s.
Proof. intros. clamps. Qed.

(** Slots follow each other without a gap. *)
Lemma clamp_slots m w t : 0 <= w ->
  sum (fun q => clamp w (t - INR q * w)) (seq 0 m) = clamp (INR m * w) t.
Proof.
  intros nn. induction m as [|m IH].
  - simpl. clamps.
  - rewrite seq_S, sum_app, IH. cbn [sum plus]. rewrite S_INR.
    pose proof (Rmult_le_pos _ _ (pos_INR m) nn). clamps.
Qed.

Definition achievable (n : nat) (u d : nat -> R) (F D : R) : Prop :=
  exists (f : file (nat * nat)) tr,
    admissible (constant n u d) f tr /\ file_size f = F /\
    forall j, In j (seq 1 n) -> completes f tr j D.

Section Attained.
  Context (n m : nat) (u d x : nat -> R) (r w : R).
  Hypothesis n_pos : (1 <= n)%nat.
  Hypothesis w_pos : 0 < w.
  Hypothesis m_pos : (1 <= m)%nat.
  Hypothesis x_nonneg : forall k, In k (seq 0 (S n)) -> 0 <= x k.
  Hypothesis x_sum : sum x (seq 0 (S n)) = r.
  Hypothesis x_relay : forall k, In k (seq 1 n) -> (INR n - 1) * x k <= u k.
  Hypothesis x_source : sum x (seq 1 n) + INR n * x 0%nat <= u 0%nat.
  Hypothesis r_down : forall j, In j (seq 1 n) -> r <= d j.

  Definition used : list nat :=
    filter (fun k => if Rlt_dec 0 (x k) then true else false) (seq 0 (S n)).
  Definition cut : file (nat * nat) :=
    {| pieces := flat_map (fun k => map (fun q => (k, q)) (seq 0 m)) used;
       size := fun c => x (fst c) * w |}.

  Definition send (i j k q h : nat) : transfer (nat * nat) :=
    let moved t := x k * clamp w (t - INR (h + q) * w) in
    {| src := i; dst := j; piece := (k, q); out := moved; inn := moved |}.

  Definition others (k : nat) : list nat := filter (fun j => negb (j =? k)%nat) (seq 1 n).
  Definition hops (k q : nat) : list (transfer (nat * nat)) :=
    (if (k =? 0)%nat then [] else [send 0 k k q 0]) ++ map (fun j => send k j k q 1) (others k).
  Definition relayed : list (transfer (nat * nat)) :=
    flat_map (fun k => flat_map (fun q => hops k q) (seq 0 m)) used.

  Lemma in_used k : In k used <-> In k (seq 0 (S n)) /\ 0 < x k.
  Proof.
    unfold used. rewrite filter_In. destruct (Rlt_dec 0 (x k)); intuition; discriminate || lra.
  Qed.

  Lemma in_relayed e : In e relayed <-> exists k q, In k used /\ In q (seq 0 m) /\
    (k <> 0%nat /\ e = send 0 k k q 0 \/ exists j, In j (seq 1 n) /\ j <> k /\ e = send k j k q 1).
  Proof.
    unfold relayed, hops, others. rewrite in_flat_map. split.
    - intros (k & i & e_in). apply in_flat_map in e_in. destruct e_in as (q & l & e_in).
      exists k, q. split; [assumption|]. split; [assumption|].
      apply in_app_or in e_in. destruct e_in as [first|second].
      + destruct (Nat.eqb_spec k 0); [destruct first|]. destruct first as [<-|[]]. auto.
      + right. apply in_map_iff in second. destruct second as (j & <- & j_in).
        apply filter_In in j_in. destruct j_in as [j_in other]. exists j.
        destruct (Nat.eqb_spec j k); [discriminate|auto].
    - intros (k & q & i & l & how). exists k. split; [assumption|]. apply in_flat_map.
      exists q. split; [assumption|]. apply in_or_app.
      destruct how as [[peer ->]|(j & j_in & other & ->)].
      + left. destruct (Nat.eqb_spec k 0); [tauto|]. simpl. auto.
      + right. apply in_map_iff. exists j. split; [reflexivity|]. apply filter_In.
        destruct (Nat.eqb_spec j k); [tauto|auto].
  Qed.

  (** How much of the stream k is moved in hop h by t; and that it fits into its rate. *)
  Definition flow (h k : nat) (t : R) : R := x k * clamp (INR m * w) (t - INR h * w).

  Lemma flow_slots h k t :
    sum (fun q => x k * clamp w (t - INR (h + q) * w)) (seq 0 m) = flow h k t.
  Proof.
    unfold flow. rewrite sum_scale, <- clamp_slots by lra. f_equal. apply sum_ext. intros q _.
    rewrite plus_INR. f_equal. ring.
  Qed.

  Lemma flow_speed h k s t : 0 <= x k -> s <= t -> flow h k t - flow h k s <= x k * (t - s).
  Proof.
    intros nn le. unfold flow. rewrite <- Rmult_minus_distr_l. apply Rmult_le_compat_l;
      [assumption|].
    pose proof (clamp_speed (INR m * w) (s - INR h * w) (t - INR h * w)). lra.
  Qed.

  Lemma sum_relayed (v : transfer (nat * nat) -> R) :
    sum v relayed = sum (fun k => sum (fun q =>
      (if (k =? 0)%nat then 0 else v (send 0 k k q 0))
      + sum (fun j => v (send k j k q 1)) (others k)) (seq 0 m)) used.
  Proof.
    unfold relayed. rewrite sum_flat_map. apply sum_ext. intros k _. rewrite sum_flat_map.
    apply sum_ext. intros q _. unfold hops. rewrite sum_app, sum_map.
    destruct (k =? 0)%nat; simpl; ring.
  Qed.

  Lemma others_count k : INR (length (others k))
    = if in_dec Nat.eq_dec k (seq 1 n) then INR n - 1 else INR n.
  Proof.
    unfold others.
    replace (INR (length (filter (fun j => negb (j =? k)%nat) (seq 1 n))))
      with (sum (fun j : nat => 1) (filter (fun j => negb (j =? k)%nat) (seq 1 n)))
      by (rewrite sum_const; ring).
    rewrite sum_filter.
    rewrite (sum_ext _ (fun j => 1 - only Nat.eq_dec (fun i : nat => i) j (fun _ => 1) k)).
    - rewrite sum_minus, sum_const, seq_length. destruct (in_dec Nat.eq_dec k (seq 1 n)).
      + rewrite only_present by (apply seq_NoDup || assumption). ring.
      + rewrite only_absent by assumption. ring.
    - intros j _. unfold only. destruct (Nat.eqb_spec j k), (Nat.eq_dec k j); simpl;
      try congruence; lra.
  Qed.

  Lemma sum_used (v : nat -> R) :
    (forall k, In k (seq 0 (S n)) -> x k = 0 -> v k = 0) -> sum v used = sum v (seq 0 (S n)).
  Proof.
    intros zero. unfold used. rewrite sum_filter. apply sum_ext. intros k i.
    pose proof (x_nonneg k i). destruct (Rlt_dec 0 (x k)); [reflexivity|].
    symmetry. apply zero; [assumption|lra].
  Qed.

  (** The source sends the first hops, and stream 0 to all peers; peer k the second
      hops of stream k. *)
  Lemma sent_relayed i t : sent relayed i t =
    sum (fun k => (if Nat.eq_dec i 0 then if Nat.eq_dec k 0 then 0 else flow 0 k t else 0)
                  + (if Nat.eq_dec k i then INR (length (others k)) * flow 1 k t else 0)) used.
  Proof.
    unfold sent. rewrite sum_relayed. apply sum_ext. intros k _.
    rewrite sum_plus. f_equal.
    - destruct (Nat.eqb_spec k 0) as [->|peer].
      + rewrite sum_zero by auto. destruct (Nat.eq_dec i 0), (Nat.eq_dec 0 0); congruence.
      + unfold only. cbn [src send out]. destruct (Nat.eq_dec 0 i) as [<-|other].
        * rewrite flow_slots. destruct (Nat.eq_dec 0 0), (Nat.eq_dec k 0); congruence.
        * rewrite sum_zero by auto. destruct (Nat.eq_dec i 0); congruence.
    - unfold only. cbn [src send out]. destruct (Nat.eq_dec k i).
      + rewrite <- flow_slots, <- sum_scale. apply sum_ext. intros q _. apply sum_const.
      + apply sum_zero. intros q _. now apply sum_zero.
  Qed.

  (** Each peer receives every stream once. *)
  Lemma got_relayed j t : In j (seq 1 n) ->
    got relayed j t = sum (fun k => if Nat.eq_dec k j then flow 0 k t else flow 1 k t) used.
  Proof.
    intros peer. unfold got. rewrite sum_relayed. apply sum_ext. intros k _.
    rewrite sum_plus. unfold only. cbn [dst send inn].
    assert (second : forall (q : nat) (v : nat -> R),
      sum (fun j' => if Nat.eq_dec j' j then v q else 0) (others k)
                     = if Nat.eq_dec k j then 0 else v q :> R).
    { intros q v. unfold others. rewrite sum_filter. destruct (Nat.eq_dec k j) as [->|other].
      - apply sum_zero. intros j' _. destruct (Nat.eqb_spec j' j), (Nat.eq_dec j' j); simpl;
        congruence.
      - etransitivity; [|exact (only_present Nat.eq_dec (fun i : nat => i) (fun _ => v q) j
                                  (seq 1 n) (seq_NoDup n 1) peer)].
        apply sum_ext. intros j' _. unfold only.
        destruct (Nat.eqb_spec j' k), (Nat.eq_dec j' j), (Nat.eq_dec j j'); simpl; congruence. }
    rewrite (sum_ext (fun q => sum _ (others k)) _ _
      (fun q _ => second q (fun q => x k * clamp w (t - INR (1 + q) * w)))).
    destruct (Nat.eqb_spec k 0) as [->|relay].
    - apply in_seq in peer. destruct (Nat.eq_dec 0 j); [lia|]. rewrite sum_zero by auto.
      rewrite flow_slots. ring.
    - destruct (Nat.eq_dec k j).
      + rewrite flow_slots. rewrite (sum_zero (fun _ => 0)) by auto. ring.
      + rewrite (sum_zero (fun _ => 0)) by auto. rewrite flow_slots. ring.
  Qed.

  Lemma relayed_supply : within_supply (constant n u d) relayed.
  Proof.
    split.
    - intros i s t node le. rewrite !sent_relayed, <- sum_minus. simpl.
      rewrite <- Rmult_minus_distr_l.
      apply Rle_trans with (sum (fun k => (t - s) *
        ((if Nat.eq_dec i 0 then if Nat.eq_dec k 0 then 0 else x k else 0)
         + (if Nat.eq_dec k i then INR (length (others k)) * x k else 0))) used).
      + apply sum_le. intros k k_in. apply in_used in k_in. destruct k_in as [k_in pos].
        pose proof (flow_speed 0 k s t ltac:(lra) le) as first.
        pose proof (flow_speed 1 k s t ltac:(lra) le) as second.
        pose proof (Rmult_le_compat_l _ _ _ (pos_INR (length (others k))) second).
        destruct (Nat.eq_dec i 0), (Nat.eq_dec k 0), (Nat.eq_dec k i); lra.
      + rewrite sum_scale, (Rmult_comm (u i)). apply Rmult_le_compat_l; [lra|].
        rewrite sum_used.
        2:{ intros k _ ->. destruct (Nat.eq_dec i 0), (Nat.eq_dec k 0), (Nat.eq_dec k i); ring. }
        change (seq 0 (S n)) with (0%nat :: seq 1 n). cbn [sum].
        rewrite (others_count 0). destruct (in_dec Nat.eq_dec 0%nat (seq 1 n)) as [z|_];
          [apply in_seq in z; lia|].
        destruct (Nat.eq_dec i 0) as [->|peer].
        * destruct (Nat.eq_dec 0 0) as [_|]; [|tauto].
          rewrite (sum_ext _ x); [lra|]. intros k k_in. apply in_seq in k_in.
          destruct (Nat.eq_dec k 0); [lia|ring].
        * assert (k_in : In i (seq 1 n)) by (change (nodes (constant n u d))
          with (0%nat :: seq 1 n) in node;
            destruct node; [congruence|assumption]).
          rewrite (sum_ext _ (fun k => only Nat.eq_dec (fun i : nat => i) k
                                         (fun i => INR (length (others i)) * x i) i)).
          -- rewrite only_present by (apply seq_NoDup || assumption). rewrite others_count.
             destruct (in_dec _ _ _); [|tauto]. pose proof (x_relay i k_in).
             destruct (Nat.eq_dec 0 i); [congruence|lra].
          -- intros k _. unfold only. destruct (Nat.eq_dec k i), (Nat.eq_dec i k); subst;
            try congruence; ring.
    - intros j s t peer le. rewrite !got_relayed, <- sum_minus by assumption. simpl.
      rewrite <- Rmult_minus_distr_l.
      apply Rle_trans with (sum (fun k => (t - s) * x k) used).
      + apply sum_le. intros k k_in. apply in_used in k_in. destruct k_in as [k_in pos].
        pose proof (flow_speed 0 k s t ltac:(lra) le).
          pose proof (flow_speed 1 k s t ltac:(lra) le).
        destruct (Nat.eq_dec k j); lra.
      + rewrite sum_scale, sum_used by auto. rewrite x_sum, (Rmult_comm (d j)).
        apply Rmult_le_compat_l; [lra|]. now apply r_down.
  Qed.

  Lemma in_pieces k q : In (k, q) (pieces cut) <-> In k used /\ In q (seq 0 m).
  Proof.
    simpl. rewrite in_flat_map. split.
    - intros (k' & i & l). apply in_map_iff in l. destruct l as (q' & e & l).
      injection e as -> ->. auto.
    - intros [i l]. exists k. split; [assumption|]. apply in_map_iff. eauto.
  Qed.

  Lemma pieces_distinct : NoDup (pieces cut).
  Proof.
    simpl. assert (H : NoDup used) by apply NoDup_filter, seq_NoDup.
    induction H as [|k ks new _ IH]; simpl; [constructor|].
    assert (own : NoDup (map (fun q => (k, q)) (seq 0 m))).
    { apply FinFun.Injective_map_NoDup; [|apply seq_NoDup]. intros a b e. now injection e. }
    assert (apart : forall c, In c (map (fun q => (k, q)) (seq 0 m)) ->
      ~ In c (flat_map (fun k => map (fun q => (k, q)) (seq 0 m)) ks)).
    { intros c i l. apply in_map_iff in i. destruct i as (q & <- & _).
      apply in_flat_map in l. destruct l as (k' & i & l). apply in_map_iff in l.
      destruct l as (q' & e & _). congruence. }
    clear - own apart IH. induction own as [|c cs new _ IH']; [assumption|].
    simpl. constructor; [|apply IH'; intros; apply apart; simpl; auto].
    intros i. apply in_app_or in i. destruct i; [tauto|]. apply (apart c); simpl; auto.
  Qed.

  Theorem relayed_admissible : admissible (constant n u d) cut relayed.
  Proof.
    assert (slot_nn : forall q, 0 <= INR q * w).
    { intros q. apply Rmult_le_pos; [apply pos_INR|lra]. }
    split; [|split; [exact relayed_supply|]].
    - assert (member : forall e, In e relayed -> exists k q, In k used /\ In q (seq 0 m) /\
        piece e = (k, q) /\ In (src e) (seq 0 (S n)) /\ In (dst e) (seq 1 n) /\ inn e = out e /\
        exists h, out e = fun t => x k * clamp w (t - INR (h + q) * w)).
      { intros e i. apply in_relayed in i. destruct i as (k & q & k_in & q_in & how).
        exists k, q. pose proof (proj1 (in_used k) k_in) as [node _].
        destruct how as [[peer ->]|(j & j_in & other & ->)]; simpl.
        - apply in_seq in node. repeat split; try assumption; try (apply in_seq; lia);
          try reflexivity.
          + left. reflexivity.
          + exists 0%nat. reflexivity.
        - repeat split; try assumption; try reflexivity. exists 1%nat. reflexivity. }
      split.
      + apply pieces_distinct.
      + intros [k q] i. apply in_pieces in i. destruct i as [i _]. apply in_used in i.
        apply Rmult_lt_0_compat; [apply i|assumption].
      + intros e i. destruct (member e i) as (k & q & k_in & q_in & -> & _). now apply in_pieces.
      + intros e i. destruct (member e i) as (k & q & _ & _ & _ & node & _). exact node.
      + intros e i. destruct (member e i) as (k & q & _ & _ & _ & _ & node & _). exact node.
      + intros e t i before. destruct (member e i) as (k & q & _ & _ & _ & _ & _ & _ & h & ->).
        pose proof (slot_nn (h + q)%nat). replace (clamp w _) with 0 by clamps. ring.
      + intros e t i before. destruct (member e i) as (k & q & _ & _ & _ & _ & _ & same & h & o).
        rewrite same, o. pose proof (slot_nn (h + q)%nat). replace (clamp w _) with 0 by clamps.
        ring.
      + intros e s t i le. destruct (member e i) as (k & q & k_in & _ & _ & _ & _ & _ & h & ->).
        apply in_used in k_in. apply Rmult_le_compat_l; [lra|]. apply clamp_grows. lra.
      + intros e s t i le. destruct (member e i) as (k & q & k_in & _ & _ & _ & _ & same & h & o).
        rewrite same, o. apply in_used in k_in. apply Rmult_le_compat_l; [lra|].
        apply clamp_grows. lra.
      + intros. simpl. lra.
      + intros e t i. destruct (member e i) as (k & q & _ & _ & _ & _ & _ & same & _). simpl.
        rewrite same, Rminus_0_r. lra.
    - intros e t i moved. apply in_relayed in i. destruct i as (k & q & k_in & q_in & how).
      destruct how as [[peer ->]|(j & j_in & other & ->)]; [left; reflexivity|].
      cbn [send src piece].
      destruct (Nat.eq_dec k 0) as [->|peer]; [left; reflexivity|]. right.
      exists (send 0 k k q 0). split.
      + apply in_relayed. exists k, q. auto.
      + split; [reflexivity|]. split; [reflexivity|]. unfold delivered. simpl.
        assert (clamp w (t - INR q * w) = w) as ->; [|lra].
        cbn [send out] in moved. apply in_used in k_in. destruct k_in as [_ pos].
        rewrite S_INR in moved || rewrite plus_INR in moved.
        assert (0 < clamp w (t - (INR q + 1) * w)).
        { apply Rmult_lt_reg_l with (x k); [assumption|]. simpl in moved.
          rewrite Rmult_0_r. revert moved. replace (1 + INR q) with (INR q + 1) by ring. lra. }
        clamps.
  Qed.

  (** After one slot more than there are pieces of a stream. *)
  Theorem relayed_completes j : In j (seq 1 n) ->
    completes cut relayed j (INR (S m) * w).
  Proof.
    intros j_in [k q] i. apply in_pieces in i. destruct i as [k_in q_in].
    assert (early : INR q + 1 <= INR m).
    { apply in_seq in q_in. rewrite <- S_INR. apply le_INR. lia. }
    pose proof (Rmult_le_compat_r w _ _ (Rlt_le _ _ w_pos) early) as room.
    destruct (Nat.eq_dec j k) as [->|other].
    - exists (send 0 k k q 0). split.
      + apply in_relayed. exists k, q. apply in_seq in j_in as nz.
        repeat split; try assumption. left. split; [lia|reflexivity].
      + split; [reflexivity|]. split; [reflexivity|]. unfold delivered. simpl size.
        cbn [send inn fst piece].
        change (0 + q)%nat with q. rewrite S_INR. replace (clamp w _) with w by clamps. lra.
    - exists (send k j k q 1). split.
      + apply in_relayed. exists k, q. repeat split; try assumption. right. exists j. auto.
      + split; [reflexivity|]. split; [reflexivity|]. unfold delivered. simpl size.
        cbn [send inn fst piece].
        change (1 + q)%nat with (S q). rewrite !S_INR. replace (clamp w _) with w by clamps. lra.
  Qed.

  Lemma cut_size : file_size cut = r * (INR m * w).
  Proof.
    unfold file_size. simpl. rewrite sum_flat_map.
    rewrite (sum_ext _ (fun k => x k * (INR m * w))).
    - rewrite (Rmult_comm r), <- x_sum, <- (sum_used x) by auto. rewrite <- sum_scale.
      apply sum_ext. intros. ring.
    - intros k _. rewrite sum_map. simpl. rewrite sum_const, seq_length. ring.
  Qed.
End Attained.

(** A feasible rate is reached up to any eps. *)
Theorem attained n u d r F eps :
  (1 <= n)%nat -> (forall i, In i (seq 0 (S n)) -> 0 <= u i) ->
  feasible n u d r -> 0 < r -> 0 < F -> 0 < eps ->
  exists D, achievable n u d F D /\ D <= F / r * (1 + eps).
Proof.
  intros n_pos u_nonneg ok r_pos F_pos eps_pos.
  destruct (fluid_bound n u d n_pos r ok) as (source & downs & total).
  destruct (mix n u d n_pos u_nonneg r (Rlt_le _ _ r_pos) source total)
    as (x & x_nn & x_sum & x_relay & x_source).
  destruct (INR_above (1 / eps)) as [m0 large]. set (m := S m0).
  assert (m_big : 1 / eps < INR m) by (unfold m; rewrite S_INR; lra).
  assert (m_pos : 0 < INR m) by (pose proof (Rdiv_lt_0_compat 1 eps); lra).
  set (w := F / r / INR m).
  assert (w_pos : 0 < w) by (unfold w; repeat apply Rdiv_lt_0_compat; lra).
  exists (INR (S m) * w). split.
  - exists (cut n m x w), (relayed n m x w). split; [|split].
    + apply relayed_admissible with (r := r); auto; unfold m; lia.
    + rewrite (cut_size n m x r w x_nn x_sum). unfold w. field. lra.
    + intros j i. apply relayed_completes; auto; unfold m; lia.
  - unfold w. rewrite S_INR. apply Rmult_lt_compat_r with (r := eps) in m_big; [|assumption].
    replace (1 / eps * eps) with 1 in m_big by (field; lra).
    assert (fr : 0 < F / r) by now apply Rdiv_lt_0_compat.
    replace ((INR m + 1) * (F / r / INR m)) with (F / r * (1 + 1 / INR m)) by (field; lra).
    apply Rmult_le_compat_l; [lra|]. apply Rplus_le_compat_l.
    apply Rmult_le_reg_r with (INR m); [assumption|].
    replace (1 / INR m * INR m) with 1 by (field; lra). lra.
Qed.
