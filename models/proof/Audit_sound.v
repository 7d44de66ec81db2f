(** What a yes of the auditor means: the log is lawful, and so the bounds hold for it. *)

From Coq Require Import ZArith NArith Lia List Bool Permutation.
From Swarm Require Import Zsum Edf Log Auditor.
Import ListNotations.
Open Scope Z_scope.

Ltac split_and :=
  repeat match goal with
  | H : _ && _ = true |- _ => apply andb_prop in H; destruct H
  end.

Section Sound.
  Context (p : plan) (g : log).

  Lemma in_nodes i : In i (nodes p) <-> (i <= peers p)%N.
  Proof. unfold nodes. rewrite in_numbers. lia. Qed.

  Lemma in_receivers j : In j (receivers p) <-> (0 < j <= peers p)%N.
  Proof.
    unfold receivers. rewrite filter_In, in_nodes. destruct (N.eqb_spec j 0); simpl; intuition;
      lia.
  Qed.

  Lemma carries_sound w rate b es s t :
    0 <= rate -> 0 <= b -> (forall e, In e es -> 0 <= bytes e) -> s <= t ->
    carries w rate b es = true ->
    zsum (fun e => if inside w s t e then nanobits (bytes e) else 0) es
      <= rate * (t - s) + nanobits b.
  Proof.
    intros rate_nn b_nn bytes_nn le ok.
    apply (feasible_sound _ (rate * s) (rate * t + nanobits b)) in ok. rewrite zsum_map in ok.
    assert (0 <= nanobits b) by (unfold nanobits; lia).
    assert (0 <= rate * (t - s)) by (apply Z.mul_nonneg_nonneg; lia).
    apply Z.le_trans with (Z.max 0 (rate * t + nanobits b - rate * s)); [|lia].
    apply Z.le_trans with (2 := ok). apply zsum_le. intros e i. specialize (bytes_nn e i).
    unfold within, job_of, inside. simpl.
    assert (0 <= nanobits (bytes e)) by (unfold nanobits; lia).
    destruct (Z.leb_spec s (fst w e)), (Z.leb_spec (snd w e) t); simpl;
      try (destruct (_ && _); lia).
    assert (rate * s <= rate * fst w e) by nia. assert (rate * snd w e <= rate * t) by nia.
    destruct (Z.leb_spec (rate * s) (rate * fst w e)),
      (Z.leb_spec (rate * snd w e + nanobits b) (rate * t + nanobits b)); simpl; lia.
  Qed.

  Lemma group_load (key : move -> N) w i s t :
    load g key w i s t = zsum (fun e => if inside w s t e then nanobits (bytes e) else 0)
                            (listed i (group key (moves g))).
  Proof.
    rewrite listed_group, zsum_filter. apply zsum_ext. intros e.
    destruct (_ =? _)%N, (inside _ _ _ _); reflexivity.
  Qed.

  (** *** Causality *)

  Definition true_holdings (m : holdings) : Prop :=
    forall j c t, since j c m = Some t -> held g j c t.

  Lemma since_arrive e m j c :
    since j c (arrive e m) = since j c m \/
    j = to e /\ c = chunk e /\ whole e = true /\ since j c (arrive e m) = Some (finish e).
  Proof.
    unfold arrive. destruct (whole e); [|auto].
    destruct (since (to e) (chunk e) m) eqn:known; [auto|].
    unfold since in *. rewrite look_put. destruct (N.eqb_spec (to e) j) as [<-|]; [|auto].
    rewrite look_put. destruct (N.eqb_spec (chunk e) c) as [<-|]; [right; auto|].
    left. destruct (look (to e) m); [reflexivity|]. apply look_nothing.
  Qed.

  Lemma spread_false l : forall m, fst (spread l (false, m)) = false.
  Proof. induction l as [|e l IH]; intros m; simpl; auto. Qed.

  Lemma spread_sound l : forall m,
    (forall e, In e l -> In e (moves g)) -> true_holdings m ->
    fst (spread l (true, m)) = true ->
    (forall e, In e l -> held g (from e) (chunk e) (start e)) /\
    true_holdings (snd (spread l (true, m))).
  Proof.
    induction l as [|e l IH]; intros m sub good ok; [split; [intros ? []|assumption]|].
    unfold spread in *. cbn [fold_left fst snd] in *. fold (spread l) in *.
    destruct (may_send e m) eqn:may; cbn [andb] in *; [|now rewrite spread_false in ok].
    assert (sender : held g (from e) (chunk e) (start e)).
    { unfold may_send in may. apply orb_prop in may. destruct may as [source|relay].
      - apply N.eqb_eq in source. rewrite source. constructor.
      - destruct (since (from e) (chunk e) m) as [t|] eqn:k; [|discriminate].
        apply Z.leb_le in relay. apply good in k. clear - k relay.
        destruct k as [|d]; [constructor|]. econstructor; eauto. lia. }
    destruct (IH (arrive e m)) as [all good']; [firstorder| |assumption|].
    - intros j c t k. destruct (since_arrive e m j c) as [same|(-> & -> & w & new)].
      + apply good. congruence.
      + assert (t = finish e) as -> by congruence.
        apply held_move; try assumption; [apply sub; simpl; auto|lia].
    - split; [|assumption]. intros d [<-|i]; auto.
  Qed.

  Lemma history_sound :
    fst (history g) = true ->
    (forall e, In e (moves g) -> held g (from e) (chunk e) (start e)) /\
    true_holdings (snd (history g)).
  Proof.
    intros ok. pose proof (InTime.Permuted_sort (moves g)) as perm.
    destruct (spread_sound (InTime.sort (moves g)) nothing) as [all good].
    - intros e i. apply Permutation_in with (1 := Permutation_sym perm). assumption.
    - intros j c t k. unfold since in k. rewrite look_nothing in k. discriminate.
    - exact ok.
    - split; [|exact good]. intros e i. apply all. now apply Permutation_in with (1 := perm).
  Qed.

  Lemma held_later j c s t : s <= t -> held g j c s -> held g j c t.
  Proof. intros le h. destruct h as [|e]; [constructor|]. apply held_move; auto. lia. Qed.

  Lemma completed_sound m j t :
    true_holdings m -> completed p m j = Some t -> complete_by p g j t.
  Proof.
    intros good. unfold completed, complete_by.
    assert (H : forall l t, fold_right (fun c last => match last, since j c m with
        | Some a, Some t => Some (Z.max a t) | _, _ => None end) (Some 0) l = Some t ->
        forall c, In c l -> held g j c t).
    { induction l as [|c l IH]; intros t' e; [intros ? []|]. simpl in e.
      destruct (fold_right _ _ l) as [a|]; [|discriminate].
      destruct (since j c m) as [s|] eqn:k; [|discriminate]. injection e as <-.
      intros d [<-|i].
      - apply held_later with s; [lia|]. now apply good.
      - apply held_later with a; [lia|]. now apply (IH a). }
    intros e c lt. apply (H _ _ e). now apply in_numbers.
  Qed.

  (** *** Presence *)

  Lemma look_arrivals i a : look i (arrivals g) = Some a -> In (i, a) (joined g).
  Proof.
    unfold arrivals. induction (joined g) as [|[j b] l IH]; simpl.
    - rewrite look_nothing. discriminate.
    - rewrite look_put. destruct (N.eqb_spec j i) as [->|]; [|auto].
      intros e. injection e as <-. auto.
  Qed.

  Lemma look_departures i b t :
    In (i, b) (left g) -> no_later t (look i (departures g)) = true -> t <= b.
  Proof.
    unfold departures. induction (left g) as [|[j c] l IH]; simpl; [tauto|].
    rewrite look_put. intros [e|k].
    - injection e as -> ->. rewrite N.eqb_refl. simpl. destruct (look i _); rewrite Z.leb_le; lia.
    - destruct (N.eqb_spec j i) as [->|]; [|auto]. simpl. rewrite Z.leb_le. intros le.
      apply IH; [assumption|]. destruct (look i _); simpl; [|reflexivity].
      rewrite Z.leb_le. lia.
  Qed.

  Lemma present_sound i s t :
    (forall j a, In (j, a) (joined g) -> joins p j <= a) ->
    is_present p (arrivals g) (departures g) i s t = true -> present p g i s t.
  Proof.
    intros planned ok. unfold is_present, arrived in ok. split_and.
    destruct (look i (arrivals g)) as [a|] eqn:k.
    - apply look_arrivals in k. split; [|split].
      + exists a. rewrite Z.leb_le in *. split; [left; split; [|eapply planned];
        eassumption|assumption].
      + intros b l. eapply look_departures; eassumption.
      + intros b l. rewrite l in *. simpl in *. now apply Z.leb_le.
    - destruct (N.eqb_spec i 0) as [->|]; [|discriminate]. split; [|split].
      + exists 0. rewrite Z.leb_le in *. auto.
      + intros b l. eapply look_departures; eassumption.
      + intros b l. rewrite l in *. simpl in *. now apply Z.leb_le.
  Qed.

  (** *** Together *)

  Lemma formed_sound : is_formed p g = true -> well_formed p g.
  Proof.
    unfold is_formed. intros ok. split_and. rewrite forallb_forall in *.
    assert (each : forall e, In e (moves g) ->
      (from e <= peers p)%N /\ (0 < to e <= peers p)%N /\ (chunk e < chunks p)%N /\
      0 <= start e < finish e /\ 0 <= bytes e /\
      (whole e = true -> bytes e = length_of p (chunk e))).
    { intros e i. specialize (H e i). split_and.
      repeat match goal with
      | H : (_ <=? _)%N = true |- _ => apply N.leb_le in H
      | H : (_ <? _)%N = true |- _ => apply N.ltb_lt in H
      | H : (_ <=? _) = true |- _ => apply Z.leb_le in H
      | H : (_ <? _) = true |- _ => apply Z.ltb_lt in H
      end.
      repeat split; try assumption. intros w. rewrite w in *. now apply Z.eqb_eq. }
    split; try (intros e i; destruct (each e i) as (? & ? & ? & ? & ? & ?); assumption).
    - intros c lt. apply Z.leb_le, H1. now apply in_numbers.
    - intros i le. apply in_nodes in le. specialize (H0 i le). split_and. now apply Z.leb_le.
    - intros i le. apply in_nodes in le. specialize (H0 i le). split_and. now apply Z.leb_le.
    - intros i le. apply in_nodes in le. specialize (H0 i le). split_and. now apply Z.leb_le.
  Qed.

  Lemma claims_sound m : true_holdings m -> claims_hold p g m = true ->
    (forall j t, In (j, t) (claims g) -> (0 < j <= peers p)%N /\ complete_by p g j t) /\
    (forall j, (0 < j <= peers p)%N -> completed p m j <> None ->
       exists t, In (j, t) (claims g) /\ complete_by p g j t).
  Proof.
    intros good ok. unfold claims_hold in ok. apply andb_prop in ok. destruct ok as [known exact_].
    rewrite forallb_forall in known, exact_.
    assert (listed_claims : forall j t, In (j, t) (claims g) <->
      In (j, t) (listed j (group fst (claims g)))).
    { intros j t. rewrite listed_group, filter_In. simpl. rewrite N.eqb_refl. tauto. }
    assert (own : forall j x, In x (listed j (group fst (claims g))) -> fst x = j).
    { intros j x i. rewrite listed_group in i. apply filter_In in i. now apply N.eqb_eq. }
    assert (each : forall j t, In (j, t) (claims g) ->
      (0 < j <= peers p)%N /\ complete_by p g j t).
    { intros j t i. specialize (known _ i). cbn in known. split_and.
      rewrite N.ltb_lt, N.leb_le in *. split; [lia|].
      specialize (exact_ j (proj2 (in_receivers j) ltac:(lia))). apply listed_claims in i.
      destruct (listed j _) as [|[j' t'] [|]]; simpl in i; [tauto| |discriminate].
      destruct i as [i|[]]. injection i as -> ->.
      destruct (completed p m j) as [d|] eqn:c; [|discriminate]. apply Z.eqb_eq in exact_.
      apply (completed_sound m); [assumption|]. congruence. }
    split; [exact each|]. intros j node done.
    specialize (exact_ j (proj2 (in_receivers j) node)).
    destruct (listed j _) as [|[j' t] [|]] eqn:l.
    - destruct (completed p m j); [discriminate|tauto].
    - assert (j' = j) as -> by (apply (own j (j', t)); rewrite l; simpl; auto).
      exists t. assert (i : In (j, t) (claims g)) by (apply listed_claims; rewrite l; simpl; auto).
      split; [assumption|]. now apply each.
    - discriminate.
  Qed.

  Lemma uplinks_sound i s t : well_formed p g -> uplinks p g = true ->
    (i <= peers p)%N -> s <= t -> load g from (sending p) i s t
      <= up p i * (t - s) + nanobits (burst p i).
  Proof.
    intros wf ok node le. rewrite group_load. unfold uplinks in ok. rewrite forallb_forall in ok.
    specialize (ok i (proj2 (in_nodes i) node)).
    apply carries_sound; auto using (rates p g wf), (bursts p g wf).
    intros e l. rewrite listed_group in l. apply filter_In in l. now apply (has_bytes p g wf).
  Qed.

  Lemma downlinks_sound j d s t : well_formed p g -> downlinks p g = true ->
    (0 < j <= peers p)%N -> down p j = Some d -> s <= t ->
    load g to (receiving p) j s t <= d * (t - s) + nanobits (burst p j).
  Proof.
    intros wf ok node limit le. rewrite group_load. unfold downlinks in ok.
    rewrite forallb_forall in ok. specialize (ok j (proj2 (in_receivers j) node)).
    rewrite limit in ok. apply andb_prop in ok. destruct ok as [d_nn ok].
    apply carries_sound; auto using Zle_bool_imp_le.
    - apply (bursts p g wf). lia.
    - intros e l. rewrite listed_group in l. apply filter_In in l. now apply (has_bytes p g wf).
  Qed.

  Lemma members_sound : members p g = true ->
    (forall e, In e (moves g) -> present p g (from e) (start e) (depart p e)) /\
    (forall e, In e (moves g) -> whole e = true -> present p g (to e) (start e) (finish e)).
  Proof.
    unfold members. intros ok. apply andb_prop in ok. destruct ok as [ok acts].
    do 3 (apply andb_prop in ok; destruct ok as [ok _]).
    rewrite forallb_forall in ok, acts.
    assert (planned : forall j a, In (j, a) (joined g) -> joins p j <= a).
    { intros j a i. specialize (ok _ i). cbn in ok. apply andb_prop in ok.
      now apply Zle_bool_imp_le. }
    split; intros e i; specialize (acts e i); apply andb_prop in acts; destruct acts
      as [sends gets].
    - now apply present_sound.
    - intros w. rewrite w in gets. now apply present_sound.
  Qed.

  Theorem audit_sound : audit p g = true ->
    lawful p g /\
    forall j, (0 < j <= peers p)%N -> exists t, In (j, t) (claims g) /\ complete_by p g j t.
  Proof.
    unfold audit, judge. destruct (history g) as [causal m] eqn:h. cbn. intros ok.
    apply andb_prop in ok. destruct ok as [ok all].
    apply andb_prop in ok. destruct ok as [ok claim].
    apply andb_prop in ok. destruct ok as [ok _].
    apply andb_prop in ok. destruct ok as [ok cause]. apply andb_prop in cause.
    destruct cause as [cause quick]. unfold not_too_quick in quick.
    rewrite forallb_forall in quick.
    apply andb_prop in ok. destruct ok as [ok downs].
    apply andb_prop in ok. destruct ok as [ok ups].
    apply andb_prop in ok. destruct ok as [form there].
    pose proof (formed_sound form) as wf.
    pose proof history_sound as sound. rewrite h in sound. cbn in sound.
    destruct (sound cause) as [causes good].
    destruct (claims_sound m good claim) as [claims_ok complete].
    destruct (members_sound there) as [senders receivers_].
    split.
    - split; try assumption; intros; [now apply uplinks_sound|now apply downlinks_sound|].
      specialize (quick e ltac:(assumption)). rewrite H0 in quick. now apply Z.leb_le.
    - intros j node. apply complete; [assumption|].
      unfold everybody in all. rewrite forallb_forall in all.
      specialize (all j (proj2 (in_receivers j) node)). destruct (completed p m j); congruence.
  Qed.

  (** The very inequalities that a test evaluates, in nanobits; L is at most every delay,
      and D any time by which all peers have claimed to be complete. *)
  Theorem audited_bounds L D :
    audit p g = true -> (1 <= peers p)%N -> L <= D ->
    (forall j, (0 < j <= peers p)%N -> L <= delay p j <= D) ->
    (forall j t, In (j, t) (claims g) -> t <= D) ->
    nanobits (file_bytes p) <= up p 0 * (D - L) + nanobits (burst p 0) /\
    (forall j d, (0 < j <= peers p)%N -> down p j = Some d ->
       nanobits (file_bytes p) <= d * (D - delay p j) + nanobits (burst p j)) /\
    Z.of_N (peers p) * nanobits (file_bytes p) <=
      zsum (fun i => up p i * (D - L) + nanobits (burst p i)) (numbers (N.succ (peers p))).
  Proof.
    intros ok some D_late lags last. destruct (audit_sound ok) as [law complete].
    assert (all : forall j, (0 < j <= peers p)%N -> complete_by p g j D).
    { intros j node. destruct (complete j node) as (t & i & done). intros c lt.
      apply held_later with t; [now apply last with j|now apply done]. }
    split; [|split].
    - apply (log_server_bound p g law L D D_late) with 1%N; [apply lags|lia|apply all; lia].
    - intros j d node limit. destruct (lags j node) as [_ late].
      apply (log_download_bound p g law D j d node limit late). auto.
    - pose proof (log_aggregate_bound p g law L D D_late (fun j node => proj1 (lags j node))
        (receivers p)) as bound.
      assert (count : Z.of_nat (length (receivers p)) = Z.of_N (peers p)).
      { unfold receivers, nodes, numbers. rewrite N2Nat.inj_succ. cbn [seq map filter].
        rewrite <- seq_shift, map_map.
        assert (H : forall l : list nat,
          filter (fun i => negb (i =? 0)%N) (map (fun x => N.of_nat (S x)) l)
          = map (fun x => N.of_nat (S x)) l).
        { induction l as [|x l IH]; [reflexivity|]. cbn [map filter]. rewrite IH.
          destruct (N.eqb_spec (N.of_nat (S x)) 0); [lia|reflexivity]. }
        rewrite N.eqb_refl. cbn [negb]. rewrite H, map_length, seq_length. lia. }
      rewrite count in bound. apply bound.
      + apply NoDup_filter, numbers_distinct.
      + intros j i. apply in_receivers in i. split; [lia|auto].
  Qed.

  (** With arrivals and departures: no link carries anything outside of the stay of its
      node, so a window counts only as far as the stay reaches. *)
  Theorem audit_churn_sound i s t a b :
    audit p g = true -> (i <= peers p)%N -> s <= t ->
    (forall x, In (i, x) (joined g) -> a <= x) -> (i = 0%N -> a <= 0) ->
    (In (i, b) (left g) \/ leaves p i = Some b) ->
    load g from (sending p) i s t <= up p i * Z.max 0 (Z.min t b - Z.max s a)
      + nanobits (burst p i).
  Proof.
    intros ok node le came source went. destruct (audit_sound ok) as [law _].
    apply churn_uplink; try assumption. intros x y _ ((z & how & after) & out & announced).
    split.
    - destruct how as [[l _]|[-> ->]]; [specialize (came z l)|specialize (source eq_refl)]; lia.
    - destruct went as [l|l]; auto.
  Qed.
End Sound.
